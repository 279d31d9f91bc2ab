/**
 * Scratch memory: a firing builds a string there, here two words, and reads it back. Firings nest: a tick over a softirq
 * over a task; with `preemptible`, two tasks of which either may be put aside in the middle. On CPU 0 a task fires too.
 *
 * What ships is `per-level`: an area a CPU and level (`contextArea` of src/d/codegen/memory/layout.ts). The level is what
 * the in-probe count was; with `preemptible` it is claimed by its bit. `plain` has an area a CPU. `atomic` has a pool of
 * slots for all CPUs, each claimed by an exchange, and as many as firings can be open. A firing that finds no level or
 * slot is dropped, and counted.
 *
 * Left out: what a firing builds besides, and where it copies it to.
 */

import { MechanismError } from '../../model/error.js';
import { add, type Expression, equal, multiply, self, sum, value } from '../../model/expression.js';
import { type Mechanism, mechanism, type Setting } from '../../model/mechanism.js';
import { checked, eventually, type Model } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import { atomic, label, load, mark, routine, store } from '../../model/steps.js';
import { at, ghost, local, shared, type Variable } from '../../model/variable.js';
import { firingContexts, nestingOf } from './nesting.js';

const own = 'what a firing reads back from its scratch memory is what it wrote';
const counted = 'every firing builds its string, or is counted as dropped';

/** Words of a string. */
const words = 2;
/** Most firings of a model. */
const most = 8;

/** Slots that are claimed. */
interface Pool {
  readonly slots: number;
  /** By slot: 1 while a firing has it. */
  readonly owned: Variable;
  readonly drops: Variable;
}

/** Does `work` with a slot of the pool in the register `slot`. */
function withSlot({ slots, owned, drops }: Pool, plainClaim: boolean, work: (slot: Expression) => StepList): StepList {
  const slot = local('slot', { max: slots - 1 });
  const claim = (index: number): StepList =>
    plainClaim
      ? [
          load(`look at slot ${index}`, at(owned, index), undefined, { goTo: [[value, 'next']] }),
          store(`claim slot ${index}`, at(owned, index), 1, { set: [[slot, index]], goTo: 'claimed' }),
          label('next'),
        ]
      : [
          atomic(`claim slot ${index}`, at(owned, index), 1, {
            set: [[slot, index]],
            goTo: [[equal(value, 0), 'claimed']],
          }),
        ];
  return [
    Array.from({ length: slots }, (_, index) => claim(index)),
    atomic('count the drop', drops, add(value, 1), { set: [[slot, 0]], goTo: 'done' }),
    label('claimed'),
    work(slot),
    store('give the slot back', at(owned, slot), 0, { set: [[slot, 0]] }),
    label('done'),
  ];
}

function checkOptions({ options }: Setting): void {
  const needs = (option: string, ...others: readonly string[]): void => {
    for (const other of others) {
      if (options.has(option) && !options.has(other)) {
        throw new MechanismError(`option ${option}`, `goes with ${others.join(',')} only`);
      }
    }
  };
  needs('depth-level', 'per-level', 'preemptible');
  needs('few-levels', 'per-level');
  needs('plain-claim', 'atomic');
  needs('few-slots', 'atomic');
}

function build(setting: Setting): Model {
  checkOptions(setting);
  const { cpus, options } = setting;
  const preemptible = options.has('preemptible');
  const perLevel = options.has('per-level');
  const nesting = nestingOf({
    ...{ cpus, preemptible },
    levelling: !perLevel ? 'none' : preemptible && !options.has('depth-level') ? 'claimed' : 'depth',
    fewLevels: options.has('few-levels'),
  });
  const { level, levels } = nesting;
  // One for each firing that can be open: those of CPU 1, and one on every other CPU.
  const slots = nesting.deepest + cpus - 1 - (options.has('few-slots') ? 1 : 0);
  const pool: Pool = {
    slots,
    owned: shared('slots owned', { size: slots, max: 1 }),
    drops: shared('drops', { max: most }),
  };
  const pooled = options.has('atomic');
  const areas = pooled ? slots : cpus * levels;
  const text = shared('scratch', { size: areas * words, max: 4 });
  const started = ghost('firings started', { max: most });
  const built = ghost('strings built', { max: most });

  const buildString = (what: number, area: Expression): StepList => {
    const word = (index: number) => at(text, add(multiply(area, words), index));
    return [
      store('write the first word', word(0), what),
      store('write the second word', word(1), what),
      load('read the first word back', word(0), undefined, { check: [[own, equal(value, what)]] }),
      load('read the second word back', word(1), undefined, {
        check: [[own, equal(value, what)]],
        ghost: [[built, add(built, 1)]],
      }),
    ];
  };
  const begun = { ghost: [[started, add(started, 1)]] } as const;
  // A claimed slot has nothing to do with the in-probe count, which is left out there.
  const fire = (what: number): StepList =>
    pooled
      ? [mark('a firing begins', begun), withSlot(pool, options.has('plain-claim'), (slot) => buildString(what, slot))]
      : nesting.fire(buildString(what, add(multiply(self, levels), perLevel ? level : 0)), { opened: begun });

  const standsFor = 'src/d/codegen/firing.ts and memory/layout.ts';
  const contexts = firingContexts({ cpus, preemptible }, standsFor, {
    ...{ task: fire(1), softirq: fire(2), tick: fire(3), otherTask: fire(4) },
  });
  return {
    cpus,
    variables: [...(pooled ? [pool.owned, pool.drops] : nesting.variables), text, started, built],
    tasks: [
      ...contexts.tasks,
      { name: 'probe of CPU 0', cpu: 0, routine: routine('probe of CPU 0', standsFor, fire(4)) },
    ],
    vectors: contexts.vectors,
    sources: contexts.sources,
    // Under TSO: what a firing stores may all wait until it has ended.
    storeBuffer: 6,
    properties: [
      checked(own),
      eventually(counted, equal(started, sum(built, ...(pooled ? [pool.drops] : perLevel ? [nesting.drops] : [])))),
    ],
  };
}

/** The scratch memory of firings, see the head of this file. */
export const scratch: Mechanism = mechanism({
  name: 'scratch',
  summary: 'firings that nest build strings in scratch memory',
  options: [
    { name: 'per-level', group: 'area', summary: 'an area a CPU and level: what ships' },
    { name: 'plain', group: 'area', summary: 'an area a CPU' },
    { name: 'atomic', group: 'area', summary: 'slots for all CPUs, each claimed by an exchange' },
    { name: 'preemptible', summary: 'two tasks fire, and either may be put aside in the middle' },
    { name: 'depth-level', summary: 'wrong, with per-level,preemptible: the level is what the in-probe count was' },
    { name: 'plain-claim', summary: 'wrong, with atomic: a slot is claimed by a load and a store' },
    {
      name: 'few-levels',
      summary: 'with per-level: a level fewer than firings can be open; the excess is a counted drop',
    },
    { name: 'few-slots', summary: 'with atomic: a slot fewer than firings can be open; the excess is a counted drop' },
  ],
  variants: [[], ['plain'], ['atomic'], ['preemptible'], ['plain', 'preemptible'], ['atomic', 'preemptible']],
  cpus: { least: 2, most: 3 },
  build,
});
