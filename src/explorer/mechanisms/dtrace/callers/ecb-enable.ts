/**
 * An ECB is enabled on a probe that has one already: dtrace_ecb_enable() links it behind the last, drops the probe's
 * predicate cache, and syncs.
 *
 * Nothing is freed here. What the sync is for is that the caller may rely on the ECB: no firing goes on that has passed the
 * end of the old list, and (under TSO) the link has left the caller's store buffer. Left out: the branch of a probe's first
 * ECB, where the provider is told to enable the probe, and nothing is synced; and predicates, which are in
 * `predicate-cache.ts`.
 */

import { equal, not, notEqual, or, self, value, when } from '../../../model/expression.js';
import { checked } from '../../../model/model.js';
import { compute, label, load, mark, store } from '../../../model/steps.js';
import { at, ghost, local, shared } from '../../../model/variable.js';
import { firing } from '../firing.js';
import type { Operation } from './operation.js';

/** When the operation returns. */
export const noneWithoutEcb = 'when the ECB is enabled, no firing goes on that has passed it by';
/** After the operation. */
export const laterProcessEcb = 'every probe that fires after the ECB was enabled processes it';
/** At any time. */
export const noHalfMadeEcb = 'no probe sees the new ECB before it is complete';

/** dtrace_ecb_enable() of a second ECB. */
export const ecbEnable: Operation = {
  name: 'ecb-enable',
  summary: 'A second ECB is linked to a probe that fires: dtrace_ecb_enable().',
  standsFor: 'dtrace.c: dtrace_ecb_enable()',
  cyclic: false,
  parts: (cpus) => {
    const first = shared('dtpr_ecb', { max: 2, initial: 1 });
    const last = shared('dtpr_ecb_last', { max: 2, initial: 1 });
    const nextOf = shared('dte_next', { size: 3, max: 2 });
    const actionOf = shared('dte_action', { size: 3, max: 1, initial: [0, 1, 0] });
    const enabled = ghost('enabled', { max: 1 });
    const passedBy = ghost('passed by', { size: cpus, max: 1 });
    const openedAfter = ghost('opened after', { size: cpus, max: 1 });
    const ecb = local('ecb', { max: 2 });
    const next = local('next', { max: 2 });
    const processed = local('processed', { max: 1 });

    const probe = firing(
      [
        load("load the probe's first ECB", first, ecb, { set: [[processed, 0]] }),
        label('ecb'),
        load('process the ECB', at(actionOf, ecb), undefined, {
          set: [[processed, when(equal(ecb, 2), 1, processed)]],
          check: [[noHalfMadeEcb, equal(value, 1)]],
        }),
        load('load dte_next', at(nextOf, ecb), next, {
          ghost: [[at(passedBy, self), not(or(processed, notEqual(next, 0)))]],
          goTo: [[equal(next, 0), 'out']],
        }),
        compute('go on to the next ECB', [[ecb, next]], { goTo: 'ecb' }),
      ],
      { ghost: [[at(passedBy, self), 0]], check: [[laterProcessEcb, or(processed, not(at(openedAfter, self)))]] },
      { ghost: [[at(openedAfter, self), enabled]] },
    );
    const passing = Array.from({ length: cpus }, (_, cpu) => at(passedBy, cpu));
    return {
      variables: [first, last, nextOf, actionOf, enabled, passedBy, openedAfter],
      properties: [checked(noneWithoutEcb), checked(laterProcessEcb), checked(noHalfMadeEcb)],
      operate: (sync) => [
        store('make the ECB', at(actionOf, 2), 1),
        load('load the last ECB', last, ecb),
        store('link the ECB behind it', at(nextOf, ecb), 2),
        store('it is the last now', last, 2),
        sync('linked'),
        mark('the ECB is enabled', { ghost: [[enabled, 1]], check: [[noneWithoutEcb, not(or(...passing))]] }),
      ],
      probes: () => [probe, probe],
      tick: { cpu: 0, steps: probe },
    };
  },
};
