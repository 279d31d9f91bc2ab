/**
 * Speculations are cleaned: dtrace_speculation_clean() finds one that is being discarded or committed on several CPUs,
 * cross-calls all CPUs to empty their own part of it (dtrace_speculation_clean_here(): discard it, or copy it to the CPU's
 * principal buffer), and makes it free for the next.
 *
 * One speculation, active at the start; each other CPU speculates into it once and records once as usual. CPU 0 discards or
 * commits it, cleans, and takes it for a new speculation. It has no part of its own: so there is always one to be cleaned, if any
 * CPU speculated. Left out: drops, and the flag `dtsp_cleaning`, which only the cleaner reads.
 */

import { add, and, type Expression, equal, not, notEqual, or, self, value, when } from '../../../model/expression.js';
import { checked, eventually } from '../../../model/model.js';
import { atomic, branch, choose, label, load, store } from '../../../model/steps.js';
import { at, ghost, local, shared } from '../../../model/variable.js';
import { firing } from '../firing.js';
import type { Operation } from './operation.js';

/** When it is taken again. */
export const takenEmpty = 'a speculation is taken again only when every CPU has emptied its part of it';
/** After it was taken again. */
export const noLateRecord = 'no probe writes into a speculation that has been taken again since it asked for it';
/** What committing is for. */
export const allRecorded = 'every record that was committed is in the principal buffer';

/** States of a speculation (`dtsp_state`). */
const is = {
  inactive: 0,
  active: 1,
  activeOne: 2,
  activeMany: 3,
  committing: 4,
  committingMany: 5,
  discarding: 6,
} as const;

/** dtrace_speculation_clean(). */
export const speculationClean: Operation = {
  name: 'speculation-clean',
  summary: 'A cyclic has all CPUs empty their parts of ended speculations: dtrace_speculation_clean().',
  standsFor: 'dtrace.c: dtrace_speculation_clean()',
  cyclic: true,
  parts: (cpus) => {
    const current = shared('dtsp_state', { max: 6, initial: is.active });
    const part = shared('dtsp_buffer offset', { size: cpus, max: 1 });
    const principal = shared('dtb_offset', { size: cpus, max: 2 });
    const filled = ghost('filled', { size: cpus, max: 1 });
    const due = ghost('due', { size: cpus, max: 2 });
    const generation = ghost('generation', { max: 1 });
    const asked = ghost('asked', { size: cpus, max: 1 });
    const seen = local('seen', { max: 6 });
    const next = local('next', { max: 6 });
    const old = local('old', { max: 6 });
    const offs = local('offs', { max: 2 });
    const commits = local('commits', { max: 1 });
    const everyCpu = Array.from({ length: cpus }, (_, cpu) => cpu);
    const askedNow = [at(asked, self), generation] as const;
    const exchange = when(equal(value, seen), next, value);

    const speculate = firing([
      label('retry'),
      load('speculate: load the state', current, seen, {
        ghost: [askedNow],
        set: [[next, when(equal(value, is.active), is.activeOne, is.activeMany)]],
        goTo: [
          [equal(value, is.activeMany), 'reserve'],
          [and(notEqual(value, is.active), notEqual(value, is.activeOne)), 'out'],
          [equal(value, is.active), 'change'],
        ],
      }),
      load('is the part of this CPU in use?', at(part, self), undefined, { goTo: [[equal(value, 1), 'reserve']] }),
      label('change'),
      atomic('change the state', current, exchange, {
        into: old,
        ghost: [askedNow],
        goTo: [[notEqual(old, seen), 'retry']],
      }),
      label('reserve'),
      load('dtrace_buffer_reserve: load the offset', at(part, self), undefined, { goTo: [[equal(value, 1), 'out']] }),
      store('commit the speculative record', at(part, self), 1, {
        ghost: [[at(filled, self), 1]],
        check: [[noLateRecord, equal(at(asked, self), generation)]],
      }),
    ]);
    const record = firing([
      load('dtrace_buffer_reserve: load dtb_offset', at(principal, self), offs),
      store('commit the record', at(principal, self), add(offs, 1), {
        ghost: [[at(due, self), add(at(due, self), 1)]],
      }),
    ]);
    // CPU 0's own part is always empty, so neither function has anything to copy or to empty here.
    const finish = firing([
      choose('discard it or commit it', commits, 0, 1),
      label('retry'),
      load('load the state', current, seen, {
        set: [
          [next, when(equal(value, is.active), is.committing, is.committingMany)],
          [next, when(commits, next, is.discarding)],
        ],
      }),
      atomic('change the state', current, exchange, {
        into: old,
        goTo: [
          [notEqual(old, seen), 'retry'],
          [notEqual(next, is.committing), 'out'],
        ],
      }),
      atomic('nobody else has a part of it', current, when(equal(value, is.committing), is.inactive, value)),
    ]);
    const work = (cpu: Expression) => [
      load('dtrace_speculation_clean_here: load the state', current, seen, {
        goTo: [[equal(value, is.committingMany), 'commit']],
      }),
      store('empty the part', at(part, cpu), 0, { ghost: [[at(filled, cpu), 0]], goTo: 'clean here' }),
      label('commit'),
      load('is there anything in the part?', at(part, cpu), undefined, { goTo: [[equal(value, 0), 'clean here']] }),
      load('dtrace_buffer_reserve: load dtb_offset', at(principal, cpu), offs),
      store('commit what was copied', at(principal, cpu), add(offs, 1), {
        ghost: [[at(due, cpu), add(at(due, cpu), 1)]],
      }),
      store('empty the part', at(part, cpu), 0, { ghost: [[at(filled, cpu), 0]] }),
      label('clean here'),
    ];
    const free = not(or(...everyCpu.map((cpu) => at(filled, cpu))));
    return {
      variables: [current, part, principal, filled, due, generation, asked],
      properties: [
        checked(takenEmpty),
        checked(noLateRecord),
        eventually(allRecorded, and(...everyCpu.map((cpu) => equal(at(principal, cpu), at(due, cpu))))),
      ],
      work,
      before: finish,
      operate: (sync) => [
        load('load the state', current, seen),
        branch(and(notEqual(seen, is.discarding), notEqual(seen, is.committingMany)), 'no work'),
        sync('clean here'),
        atomic('make it free', current, when(equal(value, seen), is.inactive, value)),
        label('no work'),
      ],
      after: firing([
        load('speculation: is it free?', current, seen, { goTo: [[notEqual(value, is.inactive), 'out']] }),
        atomic('speculation: take it', current, when(equal(value, is.inactive), is.active, value), {
          ghost: [[generation, 1]],
          check: [[takenEmpty, free]],
        }),
      ]),
      probes: () => [speculate, record],
    };
  },
};
