/**
 * A consumer dies without having stopped: dtrace_state_destroy() kills its activity, syncs, disables and frees its ECBs
 * (dtrace_ecb_disable() syncs too), syncs, and frees its buffers.
 *
 * The sync of dtrace_ecb_disable() is the one that counts: whoever finds no ECB of the consumer finds no buffer of it either. The
 * first and the last may be left out for all that is asked here.
 *
 * One probe with one ECB. Left out: the provider's part of the disabling (`probe-unregister`), the cyclics, speculations
 * and dynamic variables of the consumer.
 */

import { equal, not, notEqual, self, value } from '../../../model/expression.js';
import { checked } from '../../../model/model.js';
import { label, load, mark, store } from '../../../model/steps.js';
import { at, ghost, local, shared } from '../../../model/variable.js';
import { firing } from '../firing.js';
import { activity, lastActivity } from './activity.js';
import { noFreedEcb } from './ecb-disable.js';
import type { Operation } from './operation.js';

/** The buffers. */
export const noFreedBuffer = 'no probe uses a buffer that was freed';

/** dtrace_state_destroy() of an active consumer. */
export const stateDestroy: Operation = {
  name: 'state-destroy',
  summary: 'A consumer dies while it is tracing: dtrace_state_destroy().',
  standsFor: 'dtrace.c: dtrace_state_destroy()',
  cyclic: false,
  parts: (cpus) => {
    const current = shared('dts_activity', { max: lastActivity, initial: activity.active });
    const first = shared('dtpr_ecb', { max: 1, initial: 1 });
    const nextOf = shared('dte_next', { max: 1 });
    const offset = shared('dtb_offset', { size: cpus, max: 1 });
    const ecbFreed = ghost('ECB freed', { max: 1 });
    const bufferFreed = ghost('buffer freed', { max: 1 });
    const ecb = local('ecb', { max: 1 });
    const noFreed = { ecb: [noFreedEcb, not(ecbFreed)], buffer: [noFreedBuffer, not(bufferFreed)] } as const;

    const probe = firing([
      load("load the probe's first ECB", first, ecb, { goTo: [[not(ecb), 'out']] }),
      load("is the ECB's consumer active?", current, undefined, {
        check: [noFreed.ecb],
        goTo: [[notEqual(value, activity.active), 'next']],
      }),
      load('dtrace_buffer_reserve: load dtb_offset', at(offset, self), undefined, {
        check: [noFreed.buffer],
        goTo: [[equal(value, 1), 'next']],
      }),
      store('commit the record', at(offset, self), 1, { check: [noFreed.buffer] }),
      label('next'),
      load('load dte_next', nextOf, undefined, { check: [noFreed.ecb] }),
    ]);
    return {
      variables: [current, first, nextOf, offset, ecbFreed, bufferFreed],
      properties: [checked(noFreedEcb), checked(noFreedBuffer)],
      operate: (sync) => [
        store('kill the consumer', current, activity.killed),
        sync('killed'),
        store('dtrace_ecb_disable: unlink the ECB', first, 0),
        sync('unlinked'),
        mark('dtrace_ecb_destroy: free the ECB', { ghost: [[ecbFreed, 1]] }),
        sync('destroyed'),
        mark('dtrace_buffer_free: free the buffers', { ghost: [[bufferFreed, 1]] }),
      ],
      probes: () => [probe, probe],
      tick: { cpu: 0, steps: probe },
    };
  },
};
