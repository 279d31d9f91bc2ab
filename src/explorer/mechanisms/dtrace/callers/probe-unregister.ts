/**
 * A provider goes: the last ECB of its probe has been unlinked, so dtrace_ecb_disable() lets the provider disable the
 * probe and syncs; dtrace_unregister() then takes the probe out of the array, syncs, and frees it.
 *
 * Of the two syncs it is the first that no firing outlives: whoever passed the site is gone, and nobody passes it again. The second
 * finds nobody left to wait for, as long as providers disable what they promise to disable; alone it is too late.
 *
 * A probe fires as fbt's do: a trap with interrupts off finds that the site is still a probe's, and calls
 * dtrace_probe(), which looks the probe up in the array by its ID and does not ask whether there is one. Left out: the
 * hashes of probes, which no probe context reads, and providers that call dtrace_probe() with interrupts on (systrace,
 * lockstat): they see to this themselves.
 */

import { equal, not, value } from '../../../model/expression.js';
import { checked } from '../../../model/model.js';
import { load, mark, store } from '../../../model/steps.js';
import { ghost, local, shared } from '../../../model/variable.js';
import { firing } from '../firing.js';
import type { Operation } from './operation.js';

/** The array of probes. */
export const noEmptyEntry = 'no probe that fires finds its entry in the array of probes empty';
/** The probe itself. */
export const noFreedProbe = 'no probe that fires uses its probe after it was freed';

/** The end of dtrace_ecb_disable() for a last ECB, then dtrace_unregister(). */
export const probeUnregister: Operation = {
  name: 'probe-unregister',
  summary: "A provider's probe is disabled and freed: dtrace_ecb_disable(), dtrace_unregister().",
  standsFor: 'dtrace.c: dtrace_ecb_disable(), dtrace_unregister()',
  cyclic: false,
  parts: () => {
    const site = shared('site', { max: 1, initial: 1 });
    const entry = shared('dtrace_probes', { max: 1, initial: 1 });
    const ecbs = shared('dtpr_ecb', { max: 1 });
    const freed = ghost('freed', { max: 1 });
    const found = local('found', { max: 1 });

    const probe = firing([
      load('trap: is the site a probe?', site, undefined, { goTo: [[equal(value, 0), 'out']] }),
      load('look the probe up by its ID', entry, found, {
        check: [[noEmptyEntry, found]],
        goTo: [[not(found), 'out']],
      }),
      load("load the probe's first ECB", ecbs, undefined, { check: [[noFreedProbe, not(freed)]] }),
    ]);
    return {
      variables: [site, entry, ecbs, freed],
      properties: [checked(noEmptyEntry), checked(noFreedProbe)],
      operate: (sync) => [
        store('dtps_disable: give the site its instruction back', site, 0),
        sync('disabled'),
        store('take the probe out of the array', entry, 0),
        sync('removed'),
        mark('kmem_free: free the probe', { ghost: [[freed, 1]] }),
      ],
      probes: () => [probe, probe],
      tick: { cpu: 0, steps: probe },
    };
  },
};
