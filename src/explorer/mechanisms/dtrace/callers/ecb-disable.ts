/**
 * An ECB is disabled while another stays on its probe: dtrace_ecb_disable() unlinks it, syncs, and clears its `dte_next`;
 * dtrace_ecb_destroy() frees it.
 *
 * The probe has the ECBs 1 and 2; the first goes. Left out: the predicate cache, and the other branch of the function, where
 * the last ECB goes: `probe-unregister` has it.
 */

import { equal, not, value, when } from '../../../model/expression.js';
import { checked } from '../../../model/model.js';
import { compute, label, load, mark, store } from '../../../model/steps.js';
import { at, ghost, local, shared } from '../../../model/variable.js';
import { firing } from '../firing.js';
import type { Operation } from './operation.js';

/** What freeing the ECB must not do. */
export const noFreedEcb = 'no probe uses an ECB that was freed';
/** What unlinking the ECB must not do. */
export const otherEcbProcessed = 'every firing processes the ECB that stays';

/** dtrace_ecb_disable(), then dtrace_ecb_destroy(). */
export const ecbDisable: Operation = {
  name: 'ecb-disable',
  summary: 'An ECB is taken off its probe and freed: dtrace_ecb_disable(), dtrace_ecb_destroy().',
  standsFor: 'dtrace.c: dtrace_ecb_disable(), dtrace_ecb_destroy()',
  cyclic: false,
  parts: () => {
    const first = shared('dtpr_ecb', { max: 2, initial: 1 });
    const nextOf = shared('dte_next', { size: 3, max: 2, initial: [0, 2, 0] });
    const actionOf = shared('dte_action', { size: 3, max: 1, initial: [0, 1, 1] });
    const freed = ghost('freed', { size: 3, max: 1 });
    const ecb = local('ecb', { max: 2 });
    const next = local('next', { max: 2 });
    const processed = local('processed', { max: 1 });
    const inUse = [noFreedEcb, not(at(freed, ecb))] as const;

    const probe = firing(
      [
        load("load the probe's first ECB", first, ecb, { set: [[processed, 0]], goTo: [[equal(value, 0), 'out']] }),
        label('ecb'),
        load('process the ECB', at(actionOf, ecb), undefined, {
          set: [[processed, when(equal(ecb, 2), 1, processed)]],
          check: [inUse],
        }),
        load('load dte_next', at(nextOf, ecb), next, { check: [inUse], goTo: [[equal(next, 0), 'out']] }),
        compute('go on to the next ECB', [[ecb, next]], { goTo: 'ecb' }),
      ],
      { check: [[otherEcbProcessed, processed]] },
    );
    return {
      variables: [first, nextOf, actionOf, freed],
      properties: [checked(noFreedEcb), checked(otherEcbProcessed)],
      operate: (sync) => [
        load('load dte_next of the ECB', at(nextOf, 1), next),
        store('unlink the ECB from its probe', first, next),
        sync('unlinked'),
        store('clear dte_next', at(nextOf, 1), 0),
        mark('kmem_free: free the ECB', { ghost: [[at(freed, 1), 1]] }),
      ],
      probes: () => [probe, probe],
      tick: { cpu: 0, steps: probe },
    };
  },
};
