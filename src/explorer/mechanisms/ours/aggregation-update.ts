/**
 * An update of an aggregation with keys (`@[key] = count()`) by firings that nest on a CPU: a tick over a softirq over a
 * task; with `preemptible`, two tasks of which either may be put aside in the middle. The consumer switches halves and
 * syncs. From then on the areas of the half that was left must add up, key by key, to the firings that chose it: so they
 * do at whatever moments the consumer reads them. Entries with one key add up too; that is the merge of duplicates.
 *
 * What ships is `per-level`: every level of nesting has an area of its own, so that plain accesses do. The level is what
 * the in-probe count was; with `preemptible` it is claimed by its bit. `plain` is the same code with one area a CPU.
 *
 * Bounds: CPU 1 has three firings, every further CPU a tick; CPU 0 is the consumer's. Two keys, of which the task and
 * the softirq share one. Tables have room for all. One switch; the half that is live then is looked at in the end. Left
 * out: the consumer's clearing of the half (`buffer-switch`), tables that are full, and proof that the sync does what it
 * promises (`epoch-sync`).
 */

import { MechanismError } from '../../model/error.js';
import { add, and, type Expression, equal, multiply, not, or, self, subtract, sum } from '../../model/expression.js';
import { type Mechanism, mechanism, type Setting } from '../../model/mechanism.js';
import { always, eventually, type Model } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import { mark, routine } from '../../model/steps.js';
import { at, ghost, type Place } from '../../model/variable.js';
import {
  claimedTable,
  halfClaimedTable,
  indexedTable,
  type Key,
  keys,
  mostCounted,
  type Table,
  type TableSize,
} from './aggregation-table.js';
import { halfSwitch } from './half-switch.js';
import { firingContexts, nestingOf } from './nesting.js';

const settled = 'from the end of the sync on, the half that was left adds up to the firings that chose it, key by key';
const inTheEnd = 'in the end the halves together hold every firing under its key';

function tableOf({ options }: Setting, size: TableSize): Table {
  if (options.has('atomic')) return claimedTable(size);
  if (!options.has('half-claimed')) return indexedTable(size);
  return halfClaimedTable(size, options.has('trust-key') ? 'trust' : options.has('await-key') ? 'await' : 'skip');
}

function checkOptions({ options }: Setting): void {
  const needs = (option: string, other: string): void => {
    if (options.has(option) && !options.has(other))
      throw new MechanismError(`option ${option}`, `goes with ${other} only`);
  };
  needs('trust-key', 'half-claimed');
  needs('await-key', 'half-claimed');
  needs('depth-level', 'preemptible');
  needs('depth-level', 'per-level');
  needs('few-levels', 'per-level');
}

function build(setting: Setting): Model {
  checkOptions(setting);
  const { cpus, options } = setting;
  const preemptible = options.has('preemptible');
  const perLevel = options.has('per-level');
  const claims = preemptible && !options.has('depth-level');
  const nesting = nestingOf({
    ...{ cpus, preemptible },
    levelling: perLevel ? (claims ? 'claimed' : 'depth') : 'none',
    fewLevels: options.has('few-levels'),
  });
  const { half, level, levels, memory } = nesting;
  const areas = (cpus - 1) * levels;
  const table = tableOf(setting, { areas: 2 * areas, capacity: 3 });
  const fired = ghost('fired', { size: 2 * keys.length, max: mostCounted });
  const isSettled = ghost('settled', { max: 1 });
  const firedOf = (of: Expression | number, key: Key): Place => at(fired, add(multiply(of, keys.length), key - 1));
  const area = add(multiply(half, areas), add(multiply(subtract(self, 1), levels), perLevel ? level : 0));
  const fire = (key: Key): StepList =>
    nesting.fire(table.update(area, key), {
      opened: { ghost: [[firedOf(half, key), add(firedOf(half, key), 1)]] },
      dropped: { ghost: [[firedOf(half, key), subtract(firedOf(half, key), 1)]] },
    });

  const switching = halfSwitch(memory, cpus);
  const consumer: StepList = [switching.steps, mark('the half that was left is settled', { ghost: [[isSettled, 1]] })];
  const contexts = firingContexts({ cpus, preemptible }, 'src/d/codegen/firing.ts and aggregation.ts', {
    task: fire(1),
    softirq: fire(preemptible ? 2 : 1),
    tick: fire(2),
    otherTask: fire(2),
  });
  const addedUp = (key: Key, of: 0 | 1): Expression =>
    sum(...Array.from({ length: areas }, (_, i) => table.holds(of * areas + i, key)));
  return {
    cpus,
    variables: [...nesting.variables, fired, isSettled, ...table.variables, ...switching.variables],
    tasks: [
      {
        name: 'consumer',
        cpu: 0,
        routine: routine('consumer', 'src/session/session.ts: createSession(), its flip', consumer),
      },
      ...contexts.tasks,
    ],
    vectors: [switching.vector, ...contexts.vectors],
    sources: contexts.sources,
    // Under TSO: what a firing stores may all wait until it has ended.
    storeBuffer: 6,
    properties: [
      always(settled, or(not(isSettled), and(...keys.map((key) => equal(addedUp(key, 0), firedOf(0, key)))))),
      eventually(
        inTheEnd,
        and(...keys.map((key) => equal(sum(addedUp(key, 0), addedUp(key, 1)), sum(firedOf(0, key), firedOf(1, key))))),
      ),
    ],
  };
}

/** An update of an aggregation by firings that nest, see the head of this file. */
export const aggregationUpdate: Mechanism = mechanism({
  name: 'aggregation-update',
  summary: 'firings that nest update an aggregation with keys; the consumer adds its areas up',
  options: [
    { name: 'per-level', group: 'update', summary: 'an area a CPU and level, plain accesses: what ships' },
    { name: 'plain', group: 'update', summary: 'an area a CPU, plain accesses' },
    {
      name: 'atomic',
      group: 'update',
      summary: 'an area a CPU, entries claimed by their key, data added to atomically',
    },
    {
      name: 'half-claimed',
      group: 'update',
      summary:
        'as atomic, with keys of two words: an entry is claimed before its key is written, and skipped meanwhile',
    },
    { name: 'preemptible', summary: 'two tasks fire, and either may be put aside in the middle' },
    { name: 'trust-key', summary: 'wrong, with half-claimed: the key of a claimed entry is compared as it is' },
    { name: 'await-key', summary: 'wrong, with half-claimed: who meets a claimed entry waits for its key' },
    { name: 'depth-level', summary: 'wrong, with per-level,preemptible: the level is what the in-probe count was' },
    {
      name: 'few-levels',
      summary: 'with per-level: a level fewer than firings can be open; the excess is a counted drop',
    },
  ],
  variants: [
    [],
    ['plain'],
    ['atomic'],
    ['preemptible'],
    ['plain', 'preemptible'],
    ['atomic', 'preemptible'],
    ['half-claimed'],
    ['half-claimed', 'preemptible'],
  ],
  cpus: { least: 2, most: 3 },
  build,
});
