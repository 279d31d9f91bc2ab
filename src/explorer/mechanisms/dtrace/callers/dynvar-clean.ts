/**
 * Dynamic variables are cleaned: dtrace_dynvar_clean() moves what probes have freed (the dirty list) aside (the rinsing
 * list), syncs, lets probes allocate it (the clean list), syncs, and says that there is something to allocate
 * (`dtds_state`).
 *
 * The first sync waits for probes that walk a hash chain and hold a chunk that has been freed meanwhile: a freed chunk is
 * still a dynamic variable, a chunk that is allocated again is another variable. The second waits for probes that
 * have looked at the lists before: they would note in `dtds_state` that there is nothing to allocate.
 *
 * One chunk, which is variable 1 at the start. CPU 0 frees it in a probe, cleans, and allocates variable 2 in a probe; a timer's
 * probe on CPU 0 allocates variable 2 too. The first firing of each other CPU looks variable 1 up, the second allocates. One
 * set of lists for all CPUs, and each variable in a hash bucket of its own. Left out: the locks of the buckets, which only
 * those who free take, the walk over other CPUs' lists, and the counters of drops.
 */

import { and, equal, not, notEqual, or, self, value, when } from '../../../model/expression.js';
import { checked } from '../../../model/model.js';
import type { StepList } from '../../../model/step.js';
import { atomic, label, load, store } from '../../../model/steps.js';
import { at, ghost, local, shared } from '../../../model/variable.js';
import { firing } from '../firing.js';
import type { Operation } from './operation.js';

/** What the first sync is for. */
export const sameVariable = 'no probe uses a chunk that has become another variable since it was found';
/** What the second sync is for. */
export const noStaleNote = 'no probe notes that nothing is clean after the cleaner has said that something is';

/** States of `dtds_state`. */
const state = { clean: 0, empty: 1, dirty: 2, rinsing: 3 } as const;
/** The hash value of a freed chunk (DTRACE_DYNHASH_FREE); others are the number of the variable. */
const free = 0;

/** dtrace_dynvar_clean(). */
export const dynvarClean: Operation = {
  name: 'dynvar-clean',
  summary: 'A cyclic makes freed dynamic variables allocatable: dtrace_dynvar_clean().',
  standsFor: 'dtrace.c: dtrace_dynvar_clean()',
  cyclic: true,
  parts: (cpus) => {
    const chains = shared('dtdh_chain', { size: 3, max: 1, initial: [0, 1, 0] });
    const hashValue = shared('dtdv_hashval', { max: 2, initial: 1 });
    const data = shared('dtdv_data', { max: 2, initial: 1 });
    const dirty = shared('dtdsc_dirty', { max: 1 });
    const rinsing = shared('dtdsc_rinsing', { max: 1 });
    const clean = shared('dtdsc_clean', { max: 1 });
    const dstate = shared('dtds_state', { max: 3, initial: state.clean });
    const variable = ghost('variable', { min: 1, max: 2, initial: 1 });
    const held = ghost('held', { size: cpus, max: 2 });
    const saidClean = ghost('said clean', { max: 1 });
    const chunk = local('chunk', { max: 1 });
    const seen = local('seen', { max: 3 });
    const note = local('note', { max: 3 });

    const lookUp = firing([
      label('top'),
      load('load the hash chain', at(chains, 1), chunk, {
        ghost: [[at(held, self), variable]],
        goTo: [[not(value), 'out']],
      }),
      load("compare the chunk's hash value", hashValue, undefined, {
        goTo: [
          [equal(value, free), 'top'],
          [notEqual(value, 1), 'out'],
        ],
      }),
      load('use the variable', data, undefined, { check: [[sameVariable, equal(at(held, self), variable)]] }),
    ]);
    const allocate = firing([
      label('retry'),
      load('is there a clean chunk?', clean, undefined, { goTo: [[equal(value, 1), 'take']] }),
      load('load dtds_state', dstate, undefined, { goTo: [[notEqual(value, state.clean), 'out']] }),
      load('is there a dirty chunk?', dirty, undefined, { set: [[note, when(value, state.dirty, state.empty)]] }),
      load('is there a rinsing chunk?', rinsing, undefined, { set: [[note, when(value, state.rinsing, note)]] }),
      atomic('note it in dtds_state', dstate, when(equal(value, state.clean), note, value), {
        check: [[noStaleNote, or(notEqual(value, state.clean), not(and(saidClean, clean)))]],
        goTo: 'retry',
      }),
      label('take'),
      atomic('take the clean chunk', clean, 0, { into: seen, goTo: [[equal(seen, 0), 'retry']] }),
      store('write the variable', data, 2, { ghost: [[variable, 2]] }),
      store('write the hash value', hashValue, 2),
      store('link the chunk to its hash chain', at(chains, 2), 1),
    ]);
    const deallocate: StepList = firing([
      atomic('unlink the chunk from its hash chain', at(chains, 1), 0),
      store('mark the chunk as free', hashValue, free),
      atomic('link the chunk to the dirty list', dirty, 1),
    ]);
    return {
      variables: [chains, hashValue, data, dirty, rinsing, clean, dstate, variable, held, saidClean],
      properties: [checked(sameVariable), checked(noStaleNote)],
      before: deallocate,
      operate: (sync) => [
        load('load the dirty list', dirty, chunk, { goTo: [[not(chunk), 'no work']] }),
        store('let the rinsing list be it', rinsing, chunk),
        atomic('empty the dirty list', dirty, 0),
        sync('rinsing'),
        load('load the rinsing list', rinsing, chunk),
        store('let the clean list be it', clean, chunk),
        store('empty the rinsing list', rinsing, 0),
        sync('clean'),
        store('dtds_state is clean', dstate, state.clean, { ghost: [[saidClean, 1]] }),
        label('no work'),
      ],
      after: allocate,
      probes: () => [lookUp, allocate],
      tick: { cpu: 0, steps: allocate },
    };
  },
};
