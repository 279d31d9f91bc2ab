/**
 * Tracing stops: dtrace_state_stop() lets the consumer drain, syncs, lets it cool down, syncs, gives up the room in the
 * buffers that was kept for END, fires END, and syncs once more.
 *
 * The first sync is the one that counts: after it, no firing goes on that found the consumer active, and none begins. The other two
 * may be left out, each alone or both, for all that is asked here.
 *
 * The buffers are of the `fill` policy, with room for one record in each, which is kept for END. The thread that stops
 * tracing is not bound to a CPU: END fires on the CPU where it is then. Here it goes to CPU 1, whose task waits for it.
 */

import { add, equal, greater, not, notEqual, or, self, subtract, value } from '../../../model/expression.js';
import { checked } from '../../../model/model.js';
import type { StepList } from '../../../model/step.js';
import { label, load, mark, store, waitUntil } from '../../../model/steps.js';
import { at, ghost, local, shared } from '../../../model/variable.js';
import { firing } from '../firing.js';
import { activity, lastActivity } from './activity.js';
import type { Operation } from './operation.js';

/** What the first sync is for, as its comment says. */
export const cooldownIsEnd = 'only END finds the consumer cooling down when it reserves its room';
/** What the reserve is for. */
export const endHasRoom = 'END finds the room that was kept for it';
/** When the operation returns. */
export const noneActive = 'when tracing has stopped, no firing goes on that found it active';

/** dtrace_state_stop(). */
export const stateStop: Operation = {
  name: 'state-stop',
  summary: 'Tracing stops, and END has the last word: dtrace_state_stop().',
  standsFor: 'dtrace.c: dtrace_state_stop()',
  cyclic: false,
  parts: (cpus) => {
    const size = 1;
    const current = shared('dts_activity', { max: lastActivity, initial: activity.active });
    const reserve = shared('dts_reserve', { max: 1, initial: 1 });
    const offset = shared('dtb_offset', { size: cpus, max: size });
    const migrated = shared('migrated', { max: 1 });
    const ended = shared('END fired', { max: 1 });
    const foundActive = ghost('found active', { size: cpus, max: 1 });
    const offs = local('offs', { max: size });

    /** From the end of dtrace_buffer_reserve() to the record's being there; it jumps to `full` where there is no room. */
    const record: StepList = [
      load('load dtb_offset', at(offset, self), offs),
      load('is there room besides the reserve?', reserve, undefined, {
        goTo: [[greater(add(offs, 1), subtract(size, value)), 'full']],
      }),
      store('commit the record', at(offset, self), add(offs, 1)),
    ];
    const probe = firing(
      [
        load('is the consumer active?', current, undefined, {
          ghost: [[at(foundActive, self), equal(value, activity.active)]],
          goTo: [[notEqual(value, activity.active), 'out']],
        }),
        load('dtrace_buffer_reserve: is it cooling down?', current, undefined, {
          check: [[cooldownIsEnd, notEqual(value, activity.cooldown)]],
        }),
        record,
        label('full'),
      ],
      { ghost: [[at(foundActive, self), 0]] },
    );
    const endFires = firing([
      record,
      mark('END has its record', { goTo: 'out' }),
      label('full'),
      mark('END is dropped', { check: [[endHasRoom, 0]] }),
    ]);
    const active = Array.from({ length: cpus }, (_, cpu) => at(foundActive, cpu));
    return {
      variables: [current, reserve, offset, migrated, ended, foundActive],
      properties: [checked(cooldownIsEnd), checked(endHasRoom), checked(noneActive)],
      operate: (sync) => [
        store('drain', current, activity.draining),
        sync('draining'),
        store('cool down', current, activity.cooldown),
        sync('cooldown'),
        store('give up the reserve', reserve, 0),
        store('go to another CPU', migrated, 1),
        waitUntil('END fires there', ended, equal(value, 1)),
        store('stop', current, activity.stopped),
        sync('stopped'),
        mark('tracing has stopped', { check: [[noneActive, not(or(...active))]] }),
      ],
      probes: (cpu) =>
        cpu === 1
          ? [
              probe,
              waitUntil('the thread that stops comes here', migrated, equal(value, 1)),
              endFires,
              store('END has fired', ended, 1),
              probe,
            ]
          : [probe, probe],
    };
  },
};
