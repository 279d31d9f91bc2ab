/**
 * The consumer takes a CPU's buffer: dtrace_ioctl(DTRACEIOC_BUFSNAP) cross-calls that CPU alone, and dtrace_buffer_switch()
 * there swaps the live buffer (`dtb_tomax`) with the idle one (`dtb_xamot`), with interrupts off. The consumer then copies
 * `dtb_xamot_offset` records out of what was live.
 *
 * The buffer is CPU 1's, which fires two probes from its task and one from a timer. More CPUs than two have buffers of
 * their own, and no part in this. Left out: drops, errors, and the second buffer's being used again (one snapshot).
 */

import { add, type Expression, equal, less, multiply, notEqual, subtract, value } from '../../../model/expression.js';
import { checked, eventually } from '../../../model/model.js';
import { disableInterrupts, label, load, mark, restoreInterrupts, store } from '../../../model/steps.js';
import { at, ghost, local, type Place, shared } from '../../../model/variable.js';
import { firing } from '../firing.js';
import type { Operation } from './operation.js';

/** Of what is taken. */
export const wholeRecords = 'every record that the consumer takes is whole';
/** While it is taken. */
export const notWhileRead = 'no probe writes into the buffer that the consumer reads';
/** Of all. */
export const noneLost = 'every record is taken once or waits in the live buffer';

/** dtrace_buffer_switch() by dtrace_xcall(). */
export const bufferSwitch: Operation = {
  name: 'buffer-switch',
  summary: "The consumer switches a CPU's buffers by a cross-call to it: dtrace_buffer_switch().",
  standsFor: 'dtrace.c: dtrace_ioctl(DTRACEIOC_BUFSNAP)',
  cyclic: false,
  parts: () => {
    const size = 3;
    const tomax = shared('dtb_tomax', { max: 1 });
    const offset = shared('dtb_offset', { max: size });
    const xamotOffset = shared('dtb_xamot_offset', { max: size });
    const data = shared('data', { size: 2 * size, max: 1 });
    const reading = ghost('reading', { max: 2, initial: 2 });
    const committed = ghost('committed', { max: size });
    const taken = ghost('taken', { max: size });
    const half = local('half', { max: 1 });
    const offs = local('offs', { max: size });
    const index = local('index', { max: size });
    const cookie = local('cookie', { max: 1 });
    const slot = (which: Expression, position: Expression): Place => at(data, add(multiply(which, size), position));

    const probe = firing([
      load('dtrace_buffer_reserve: load dtb_offset', offset, offs, { goTo: [[equal(value, size), 'out']] }),
      load('load dtb_tomax', tomax, half),
      store('write the record', slot(half, offs), 1, { check: [[notWhileRead, notEqual(reading, half)]] }),
      store('commit the record', offset, add(offs, 1), { ghost: [[committed, add(committed, 1)]] }),
    ]);
    return {
      variables: [tomax, offset, xamotOffset, data, reading, committed, taken],
      properties: [
        checked(wholeRecords),
        checked(notWhileRead),
        eventually(noneLost, equal(committed, add(taken, offset))),
      ],
      target: 1,
      work: () => [
        load('dtrace_buffer_switch: load dtb_tomax', tomax, half),
        disableInterrupts(cookie),
        store('let the idle buffer be the live one', tomax, subtract(1, half)),
        load('load dtb_offset', offset, offs),
        store('note how far the other is filled', xamotOffset, offs),
        store('begin at the start of the live buffer', offset, 0),
        restoreInterrupts(cookie),
      ],
      operate: (sync) => [
        load('which buffer is live?', tomax, half),
        sync('switch'),
        load('load dtb_xamot_offset', xamotOffset, offs, { ghost: [[reading, half]], set: [[index, 0]] }),
        label('copy'),
        mark('copyout: is there another record?', { goTo: [[equal(index, offs), 'copied']] }),
        load('copyout: read a record', slot(half, index), undefined, {
          check: [[wholeRecords, equal(value, 1)]],
          ghost: [[taken, add(taken, 1)]],
          set: [[index, add(index, 1)]],
          goTo: [[less(index, offs), 'copy']],
        }),
        label('copied'),
        mark('the snapshot is taken', { ghost: [[reading, 2]] }),
      ],
      probes: (cpu) => (cpu === 1 ? [probe, probe] : []),
      tick: { cpu: 1, steps: probe },
    };
  },
};
