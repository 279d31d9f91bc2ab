/** A firing of a probe, as dtrace_probe() frames it. */

import type { StepList } from '../../model/step.js';
import { disableInterrupts, type Extras, label, restoreInterrupts } from '../../model/steps.js';
import { local } from '../../model/variable.js';

const cookie = local('cookie', { max: 1 });

/**
 * One firing: interrupts are disabled first and restored last. The steps may jump to `out`, its end. `opened` and
 * `closed` are carried by the first and the last step.
 */
export const firing = (steps: StepList, closed: Extras = {}, opened: Extras = {}): StepList => [
  disableInterrupts(cookie, opened),
  steps,
  label('out'),
  restoreInterrupts(cookie, closed),
];
