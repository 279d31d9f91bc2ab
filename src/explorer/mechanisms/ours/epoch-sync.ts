/**
 * `epoch-sync`: the dtrace_sync() that we ship (src/xcall/sync.ts), what was refuted on the way, and what comes next.
 *
 * The consumer, a task of CPU 0, flips the selector and calls sync. Every other CPU has a task that fires a probe; a tick
 * fires one on CPU 0 and on CPU 1, whatever runs there. Where firings can be preempted, CPU 1 has two such tasks instead,
 * which the scheduler switches between as it likes. A firing raises the in-probe count, reads the selector, stores to the
 * half that it names, and lowers the count.
 *
 * Decided, under SC and TSO:
 * - one count, firings nested: safe, with the handler in an interrupt, inline on the own CPU, or in a polling idle loop,
 *   and with CPUs that go and come. Not without the interrupt (TSO), not past a CPU that looks idle, not by exits, not with the
 *   selector read first, not by a list of CPUs that is kept.
 * - one count, firings in any order: plain counts lose updates and with them firings. Atomic ones lose nothing, but where
 *   firings overlap for ever, the count need never be zero and sync need never return.
 * - two counts by generation (epoch-sync/parity.ts): neither loses nor starves, in any order of firings.
 *
 * `endless` asks for more than a patient sync needs: one count with nested firings comes to zero again and again, but each
 * call may land inside a firing. Two counts do without that luck as well.
 *
 * Bounds: one switch, two with parity or endless; each task fires once and each tick comes once, unless endless: then
 * CPU 1 fires for ever, and its store buffer drains between two firings of a task. Left out: the queues of the cross-call
 * (`linux-smp-call`), the activity word (it is read together with the selector), levels (`scratch`), the timeout of sync,
 * NMIs (no probe of ours fires there).
 */

import { equal } from '../../model/expression.js';
import { mechanism, type Setting } from '../../model/mechanism.js';
import type { Model, Source, Task, Vector } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import { routine } from '../../model/steps.js';
import type { Variable } from '../../model/variable.js';
import { type Discipline, firing, oneCount, selectorFirst } from './epoch-sync/firing.js';
import { afterMove, beforeMove, movedVariable } from './epoch-sync/migrate.js';
import { type Firings, firingsOf, options, variants } from './epoch-sync/options.js';
import { generationVariable, mostOfPair, syncByParity, twoCounts } from './epoch-sync/parity.js';
import { busy, own, type Variant, variantOf } from './epoch-sync/variant.js';
import {
  emptyHalf,
  flipSelector,
  properties,
  syncIsCalled,
  syncReturns,
  variablesOf,
  type World,
  worldOf,
} from './epoch-sync/world.js';

const everyCpu = (cpus: number): readonly number[] => Array.from({ length: cpus }, (_, cpu) => cpu);

/** Room for counts that lose updates, on either side. */
const lost = 2;

function worldFor({ cpus }: Setting, { preemptible, counting, parity }: Firings): World {
  const slots = 2;
  if (parity) return worldOf(cpus, slots, mostOfPair);
  return preemptible && counting === 'plain' ? worldOf(cpus, slots, slots + lost, -lost) : worldOf(cpus, slots, slots);
}

function disciplineOf(
  { options: told }: Setting,
  world: World,
  { counting, parity }: Firings,
  generation: Variable,
): Discipline {
  if (!parity) return (told.has('swap') ? selectorFirst : oneCount)(world, counting);
  return twoCounts(world, counting, generation, {
    lookAgain: told.has('look-again'),
    selectorFirst: told.has('swap'),
  });
}

/** What the consumer does: one switch, and a second one where counts of an earlier one could matter to it. */
function consumerOf(
  setting: Setting,
  world: World,
  firings: Firings,
  variant: Variant,
  generation: Variable,
): StepList {
  const { cpus, options: told } = setting;
  const { ask } = variant.asking;
  const waitFor = (round: 0 | 1): StepList =>
    firings.parity
      ? syncByParity(cpus, ask, generation, {
          before: !told.has('one-flip') && !told.has('look-again'),
          quick: told.has('quick'),
          current: round,
        })
      : everyCpu(cpus).map((cpu) => ask(cpu, (count) => equal(count, 0)));
  const switchHalves = (round: 0 | 1): StepList => [
    flipSelector(world),
    syncIsCalled(world),
    waitFor(round),
    syncReturns(world),
  ];
  const again = firings.parity || firings.endless ? [...emptyHalf(world), switchHalves(1)] : [];
  return [variant.prepare, switchHalves(0), again];
}

function build(setting: Setting): Model {
  const { cpus } = setting;
  const firings = firingsOf(setting);
  const { preemptible, parity, endless, migrate } = firings;
  const world = worldFor(setting, firings);
  const generation = generationVariable();
  const moved = movedVariable();
  const discipline = disciplineOf(setting, world, firings, generation);
  const variant = variantOf(setting, world, endless);
  const { asking, variables, task, exit } = variant;
  const fire = (slot: number): StepList => [...firing(world, discipline, slot), ...exit];

  const from = 'src/d/codegen/firing.ts: emitOpenFiring(), emitCloseFiring()';
  const prober = (cpu: number, slot: number, preempted: boolean): Task => ({
    name: `prober ${cpu}.${slot}`,
    cpu,
    preemptible: preempted,
    routine:
      migrate && cpu === busy && slot === 0
        ? routine('prober that is moved', from, beforeMove(world, discipline, slot, moved))
        : routine(`prober ${slot}`, from, task(fire(slot), cpu)),
  });
  const tasks: readonly Task[] = [
    {
      name: 'consumer',
      cpu: own,
      preemptible: migrate,
      routine: routine(
        'consumer',
        'src/xcall/sync.ts: createSync()',
        consumerOf(setting, world, firings, variant, generation),
      ),
    },
    ...everyCpu(cpus)
      .filter((cpu) => cpu !== own)
      .flatMap((cpu) =>
        preemptible && cpu === busy ? [prober(cpu, 0, true), prober(cpu, 1, true)] : [prober(cpu, 0, false)],
      ),
    ...(migrate
      ? [
          {
            name: `prober ${busy}.0 after its move`,
            cpu: cpus > 2 ? 2 : own,
            preemptible: true,
            routine: routine('prober that was moved', from, afterMove(world, discipline, 0, moved, busy)),
          },
        ]
      : []),
  ];
  const vectors: readonly Vector[] = [
    ...asking.vectors,
    { name: 'tick', kind: 'hardirq', handler: routine('tick', from, fire(world.slots - 1)) },
  ];
  // Where probes can be preempted by others, a tick would only be one more of those.
  const ticking = preemptible ? [] : endless ? [busy] : [own, busy];
  return {
    cpus,
    tasks,
    vectors,
    sources: ticking.map((cpu): Source => ({ vector: 'tick', cpu, times: endless ? 'forever' : 1 })),
    variables: [
      ...variablesOf(world),
      ...asking.variables,
      ...variables,
      ...(parity ? [generation] : []),
      ...(migrate ? [moved] : []),
    ],
    properties: properties(world, endless && !parity),
    // An idle CPU answers without an interrupt, which would have drained the buffer.
    storeBuffer: setting.options.has('idle-polled') ? 6 : 4,
  };
}

/** The sync that we ship. */
export const epochSync = mechanism({
  name: 'epoch-sync',
  summary: 'our dtrace_sync(): in-probe counts, each read on its own CPU by a cross-call',
  memories: ['sc', 'tso'],
  options,
  variants,
  build,
});
