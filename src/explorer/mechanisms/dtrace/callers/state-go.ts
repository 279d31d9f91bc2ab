/**
 * Tracing starts: dtrace_state_go() fires BEGIN while the consumer warms up, makes it active, and cross-calls all CPUs to
 * take their buffers out of the inactive state, each with interrupts off.
 *
 * A probe has two ECBs of the consumer; each looks at the activity and at the CPU's buffer anew. Left out: BEGIN that
 * exits, and all that is allocated before.
 */

import { add, type Expression, equal, notEqual, or, self, value } from '../../../model/expression.js';
import { checked } from '../../../model/model.js';
import type { StepList } from '../../../model/step.js';
import { disableInterrupts, label, load, mark, restoreInterrupts, store } from '../../../model/steps.js';
import { at, ghost, local, shared } from '../../../model/variable.js';
import { firing } from '../firing.js';
import { activity, lastActivity } from './activity.js';
import type { Operation } from './operation.js';

/** What the cross-call is for. */
export const allOrNone = 'a firing processes all ECBs of the consumer or none';
/** What the warm-up is for. */
export const beginFirst = 'no record is made before BEGIN has fired';

/** dtrace_state_go(). */
export const stateGo: Operation = {
  name: 'state-go',
  summary: 'Tracing starts, and all CPUs take their buffers into use: dtrace_state_go().',
  standsFor: 'dtrace.c: dtrace_state_go()',
  cyclic: false,
  parts: (cpus) => {
    const current = shared('dts_activity', { max: lastActivity, initial: activity.inactive });
    const inactive = shared('DTRACEBUF_INACTIVE', { size: cpus, max: 1, initial: 1 });
    const begun = ghost('begun', { max: 1 });
    const processed = local('processed', { max: 2 });
    const cookie = local('cookie', { max: 1 });

    const ecb: StepList = [
      load('is the consumer active?', current, undefined, { goTo: [[notEqual(value, activity.active), 'next']] }),
      load('dtrace_buffer_reserve: is the buffer in use?', at(inactive, self), undefined, {
        goTo: [[equal(value, 1), 'next']],
      }),
      mark('process the ECB', { set: [[processed, add(processed, 1)]], check: [[beginFirst, begun]] }),
      label('next'),
    ];
    const probe = firing(
      [ecb, ecb],
      { check: [[allOrNone, or(equal(processed, 0), equal(processed, 2))]] },
      { set: [[processed, 0]] },
    );
    const work = (cpu: Expression): StepList => [
      store('dtrace_buffer_activate: take the buffer into use', at(inactive, cpu), 0),
    ];
    return {
      variables: [current, inactive, begun],
      properties: [checked(allOrNone), checked(beginFirst)],
      work,
      operate: (sync) => [
        store('warm up', current, activity.warmup),
        disableInterrupts(cookie),
        store('take the own buffer into use', at(inactive, 0), 0),
        mark('BEGIN fires', { ghost: [[begun, 1]] }),
        restoreInterrupts(cookie),
        store('become active', current, activity.active),
        sync('activate'),
      ],
      probes: () => [probe, probe],
      tick: { cpu: 0, steps: probe },
    };
  },
};
