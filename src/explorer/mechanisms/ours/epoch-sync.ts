/**
 * `epoch-sync`: the dtrace_sync() that we ship (src/xcall/sync.ts), what was refuted on the way, and what comes next.
 *
 * The consumer, a task of CPU 0, flips the selector and calls sync, two times over. Every other CPU has a task that fires
 * probes (two such tasks where probes can be preempted); a tick fires a probe on CPU 0 and on CPU 1, whatever runs
 * there. A firing raises the in-probe count, reads the selector, stores to the half that it names, and lowers the count.
 *
 * Bounds: two calls of sync; where probes do not fire for ever, each task fires once or twice and each tick comes once.
 * Left out: the queues of the cross-call (`linux-smp-call`), the activity word (it is read together with the selector),
 * levels (`scratch`), timeouts of sync, and NMIs (no probe of ours fires there).
 */

import { MechanismError } from '../../model/error.js';
import { add, equal, self, value } from '../../model/expression.js';
import { type MechanismOption, mechanism, type Setting } from '../../model/mechanism.js';
import type { Model, Source, Task, Vector } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import { atomic, fence, jump, label, routine, store } from '../../model/steps.js';
import { at, shared, type Variable } from '../../model/variable.js';
import {
  type Asking,
  byCrossCall,
  byExitCount,
  byPolledWord,
  fromAfar,
  inlineOnOwnCpu,
  pollingIdle,
  skippingIdle,
} from './epoch-sync-ask.js';
import { type Discipline, firing, oneCount, selectorFirst } from './epoch-sync-firing.js';
import { callingWhoIsListed, callingWhoIsOnline, goAndCome, hotplugMemory, readList } from './epoch-sync-hotplug.js';
import { generationVariable, mostOfPair, syncByParity, twoCounts } from './epoch-sync-parity.js';
import {
  emptyHalf,
  flipSelector,
  properties,
  syncIsCalled,
  syncReturns,
  variablesOf,
  type World,
  worldOf,
} from './epoch-sync-world.js';
import type { Counting } from './probe.js';

/** The CPU of the consumer. */
const own = 0;

/** What the options say about firings. */
interface Firings {
  readonly preemptible: boolean;
  readonly counting: Counting;
  readonly parity: boolean;
  readonly endless: boolean;
}

const options: readonly MechanismOption[] = [
  { name: 'nested', group: 'probes', summary: 'firings of a CPU nest, as in interrupts; one plain count a CPU' },
  { name: 'preemptible', group: 'probes', summary: 'firings of a CPU end in any order; one plain count a CPU' },
  { name: 'parity', group: 'probes', summary: 'firings end in any order; two atomic counts a CPU, by generation' },
  { name: 'parity-nested', group: 'probes', summary: 'firings of a CPU nest; two plain counts a CPU, by generation' },
  { name: 'call', group: 'asking', summary: 'every CPU is asked by a cross-call' },
  { name: 'no-ipi', group: 'asking', summary: 'the counts are read from afar' },
  { name: 'skip-idle', group: 'asking', summary: 'a CPU that looks idle from afar is not asked' },
  {
    name: 'exit-count-only',
    group: 'asking',
    summary: 'a CPU inside a probe is quiescent once its count of exits changes',
  },
  { name: 'own-cpu-inline', group: 'asking', summary: "the own CPU's handler runs in the task, with interrupts on" },
  { name: 'idle-polled', group: 'asking', summary: 'an idle CPU polls and runs the handler outside an interrupt' },
  { name: 'hotplug', group: 'asking', summary: 'CPUs go offline and come back; ENXIO is quiescent' },
  { name: 'cached-list', summary: 'with hotplug: who is online is read once, before the first sync' },
  { name: 'swap', summary: 'the selector is read before the count is raised' },
  { name: 'atomic', summary: 'with preemptible: the count is raised and lowered by locked instructions' },
  { name: 'endless', summary: 'probes fire for ever' },
  { name: 'one-flip', summary: 'with parity: only the counts that were current are waited for' },
  {
    name: 'look-again',
    summary: 'with parity: as one-flip, and a firing reads the generation again once it has raised its count',
  },
];

function firingsOf({ options: told }: Setting): Firings {
  const parity = told.has('parity') || told.has('parity-nested');
  const preemptible = told.has('preemptible') || told.has('parity');
  const needs = (option: string, holds: boolean, what: string): void => {
    if (told.has(option) && !holds) throw new MechanismError(`option ${option}`, `goes with ${what} only`);
  };
  needs('atomic', told.has('preemptible'), 'preemptible');
  needs('cached-list', told.has('hotplug'), 'hotplug');
  needs('one-flip', parity, 'parity or parity-nested');
  needs('look-again', parity && !told.has('one-flip'), 'parity or parity-nested, and without one-flip');
  needs('exit-count-only', !parity, 'one count a CPU');
  needs(
    'endless',
    (told.has('call') || told.has('no-ipi')) && !(told.has('preemptible') && !told.has('atomic')),
    'call or no-ipi, and with counts that lose no updates',
  );
  return {
    preemptible,
    parity,
    counting: told.has('atomic') || told.has('parity') ? 'atomic' : 'plain',
    endless: told.has('endless'),
  };
}

/** What a variant adds to the tasks that fire, and to the consumer. */
interface Variant {
  readonly asking: Asking;
  /** Variables beyond those of the asking. */
  readonly variables: readonly Variable[];
  /** Before the first sync. */
  readonly prepare: StepList;
  /** What the task of a CPU does, made of its firing. */
  readonly task: (fire: StepList) => StepList;
  /** What every firing does at its end. */
  readonly exit: StepList;
}

function variantOf({ options: told, cpus }: Setting, world: World, firings: Firings): Variant {
  const call = byCrossCall(world);
  const often = (fire: StepList): StepList =>
    firings.endless ? [label('for ever'), fire, fence('leave the kernel'), jump('for ever')] : fire;
  const plain: Variant = { asking: call, variables: [], prepare: [], task: often, exit: [] };
  if (told.has('no-ipi')) return { ...plain, asking: fromAfar(world) };
  if (told.has('own-cpu-inline')) return { ...plain, asking: inlineOnOwnCpu(call, world, own) };
  if (told.has('skip-idle')) {
    const idle = shared('idle', { size: cpus, max: 1, initial: 1 });
    const working = (fire: StepList): StepList => [
      store('leave idle', at(idle, self), 0),
      fire,
      store('go idle', at(idle, self), 1),
    ];
    return { ...plain, asking: skippingIdle(call, idle, own), task: (fire) => working(fire) };
  }
  if (told.has('exit-count-only')) {
    const exits = shared('exits', { size: cpus, max: 4 });
    return {
      ...plain,
      asking: byExitCount(call, exits),
      exit: [atomic('count the exit', at(exits, self), add(value, 1))],
    };
  }
  if (told.has('idle-polled')) {
    const requests = shared('asked', { size: cpus, max: 1 });
    return {
      ...plain,
      asking: byPolledWord(call, requests, own),
      task: (fire) => [fire, pollingIdle(call, requests)],
    };
  }
  if (told.has('hotplug')) {
    const hotplug = hotplugMemory(cpus);
    const asking = callingWhoIsOnline(call, hotplug);
    const listed = told.has('cached-list');
    return {
      ...plain,
      asking: listed ? callingWhoIsListed(asking) : asking,
      prepare: listed ? readList(hotplug) : [],
      task: (fire) => [fire, goAndCome(hotplug), fire],
    };
  }
  return plain;
}

const everyCpu = (cpus: number): readonly number[] => Array.from({ length: cpus }, (_, cpu) => cpu);

function build(setting: Setting): Model {
  const { cpus, options: told } = setting;
  const firings = firingsOf(setting);
  const { preemptible, counting, parity, endless } = firings;
  const tasksOf = (cpu: number): number => (cpu === own ? 0 : preemptible && cpu === 1 ? 2 : 1);
  const slots = preemptible ? 3 : 2;
  const lossy = preemptible && counting === 'plain';
  const world = worldOf(cpus, slots, parity ? mostOfPair : slots + (lossy ? 2 : 0), lossy ? -2 : 0);
  const generation = generationVariable();
  const discipline: Discipline = parity
    ? twoCounts(world, counting, generation, { lookAgain: told.has('look-again'), selectorFirst: told.has('swap') })
    : (told.has('swap') ? selectorFirst : oneCount)(world, counting);
  const { asking, variables, prepare, task, exit } = variantOf(setting, world, firings);
  const fire = (slot: number): StepList => [...firing(world, discipline, slot), ...exit];

  const waitFor = (round: 0 | 1): StepList =>
    parity
      ? syncByParity(cpus, asking.ask, generation, {
          before: !told.has('one-flip') && !told.has('look-again'),
          current: round,
        })
      : everyCpu(cpus).map((cpu) => asking.ask(cpu, (count) => equal(count, 0)));
  const switchHalves = (round: 0 | 1): StepList => [
    flipSelector(world),
    syncIsCalled(world),
    waitFor(round),
    syncReturns(world),
  ];
  const again = parity || endless ? [...emptyHalf(world), switchHalves(1)] : [];
  const consumer = routine('consumer', 'src/xcall/sync.ts: createSync()', [prepare, switchHalves(0), again]);
  const prober = (slot: number) => routine(`prober ${slot}`, 'src/d/codegen/firing.ts', task(fire(slot)));
  const tick = slots - 1;
  const tasks: readonly Task[] = [
    { name: 'consumer', cpu: own, routine: consumer },
    ...everyCpu(cpus).flatMap((cpu) =>
      everyCpu(tasksOf(cpu)).map(
        (slot): Task => ({ name: `prober ${cpu}.${slot}`, cpu, routine: prober(slot), preemptible: tasksOf(cpu) > 1 }),
      ),
    ),
  ];
  const vectors: readonly Vector[] = [
    ...asking.vectors,
    { name: 'tick', kind: 'hardirq', handler: routine('tick', 'src/d/codegen/firing.ts', fire(tick)) },
  ];
  const ticking = preemptible || endless ? [1] : [own, 1];
  const sources: readonly Source[] = (preemptible && endless ? [] : ticking).map((cpu) => ({
    ...{ vector: 'tick', cpu, times: endless ? 'forever' : 1 },
  }));
  return {
    cpus,
    tasks,
    vectors,
    sources,
    variables: [...variablesOf(world), ...asking.variables, ...variables, ...(parity ? [generation] : [])],
    properties: properties(world),
  };
}

/** The sync that we ship. */
export const epochSync = mechanism({
  name: 'epoch-sync',
  summary: 'our dtrace_sync(): in-probe counts, each read on its own CPU by a cross-call',
  memories: ['sc', 'tso'],
  options,
  variants: [
    [],
    ['no-ipi'],
    ['skip-idle'],
    ['exit-count-only'],
    ['swap'],
    ['own-cpu-inline'],
    ['idle-polled'],
    ['hotplug'],
    ['hotplug', 'cached-list'],
    ['endless'],
    ['preemptible'],
    ['preemptible', 'atomic'],
    ['preemptible', 'atomic', 'endless'],
    ['parity'],
    ['parity', 'endless'],
    ['parity', 'one-flip'],
    ['parity', 'look-again'],
    ['parity', 'look-again', 'endless'],
    ['parity', 'swap'],
    ['parity', 'no-ipi'],
    ['parity-nested'],
    ['parity-nested', 'endless'],
    ['parity-nested', 'no-ipi'],
  ],
  build,
});
