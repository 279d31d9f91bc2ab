/**
 * The predicate cache under `ecb-enable`. A probe with one ECB has the ID of its predicate (`dtpr_predcache`); a thread
 * remembers the ID of the predicate that it last found false (`t_predcache`), and leaves the probe at once where the two
 * are the same. With more than one ECB the probe has no ID: dtrace_ecb_enable() links the new ECB, then takes the ID away,
 * then syncs. When the ECB goes again, dtrace_ecb_disable() puts back the ID of the one that stays.
 *
 * The ECBs 1 and 2 have the predicates 1 and 2, and are of two consumers that are active (both match a probe that has
 * just come into being). For every thread 1 holds and 2 does not. ECB 2 is enabled, and disabled again. Each other CPU
 * has one thread that fires twice. No interrupts: the cache is for threads.
 */

import { equal, not, or, self, value } from '../../../model/expression.js';
import { checked } from '../../../model/model.js';
import { label, load, mark, store } from '../../../model/steps.js';
import { at, ghost, local, shared } from '../../../model/variable.js';
import { firing } from '../firing.js';
import type { Operation } from './operation.js';

/** The assertion in dtrace_probe() where a predicate is found false. */
export const ownId = 'a thread remembers a false predicate by the ID of that predicate';
/** What follows where it does not hold. */
export const trueProcessed = 'every firing processes the ECB whose predicate holds';
/** The same, when nothing is being changed any more. */
export const trueProcessedLater = 'once the second ECB has gone, every firing processes the ECB whose predicate holds';

/** dtrace_ecb_enable() of a second ECB with a predicate, then dtrace_ecb_disable(). */
export const predicateCache: Operation = {
  name: 'ecb-enable',
  summary: 'A second ECB, with a predicate, comes and goes: dtrace_ecb_enable(), dtrace_ecb_disable().',
  standsFor: 'dtrace.c: dtrace_ecb_enable(), dtrace_ecb_disable()',
  cyclic: false,
  parts: (cpus) => {
    const second = shared('dte_next', { max: 1 });
    const probeId = shared('dtpr_predcache', { max: 2, initial: 1 });
    const threadId = shared('t_predcache', { size: cpus, max: 2 });
    const gone = ghost('gone', { max: 1 });
    const openedLater = ghost('opened later', { size: cpus, max: 1 });
    const id = local('id', { max: 2 });
    const processed = local('processed', { max: 1 });

    const probe = firing(
      [
        load("load the probe's predicate ID", probeId, id, { set: [[processed, 0]], goTo: [[not(id), 'first ECB']] }),
        load('does the thread remember it as false?', at(threadId, self), undefined, {
          goTo: [[equal(value, id), 'out']],
        }),
        label('first ECB'),
        mark('predicate 1 holds: process the ECB', { set: [[processed, 1]] }),
        load('load dte_next', second, undefined, { goTo: [[not(value), 'out']] }),
        load("predicate 2 is false: load the probe's predicate ID", probeId, id, { goTo: [[not(id), 'out']] }),
        store('let the thread remember it', at(threadId, self), id, { check: [[ownId, equal(id, 2)]] }),
      ],
      {
        check: [
          [trueProcessed, processed],
          [trueProcessedLater, or(processed, not(at(openedLater, self)))],
        ],
      },
      { ghost: [[at(openedLater, self), gone]] },
    );
    return {
      variables: [second, probeId, threadId, gone, openedLater],
      properties: [checked(trueProcessed), checked(trueProcessedLater), checked(ownId)],
      operate: (sync) => [
        store('dtrace_ecb_enable: link the ECB', second, 1),
        store('take the predicate ID away', probeId, 0),
        sync('linked'),
        store('dtrace_ecb_disable: unlink the ECB', second, 0),
        sync('unlinked'),
        store('put the predicate ID of the other back', probeId, 1, { ghost: [[gone, 1]] }),
      ],
      probes: () => [probe, probe],
    };
  },
};
