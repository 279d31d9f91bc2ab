/**
 * `buffer-switch`: principal buffers are switched while probes write them (src/session/session.ts, takePrincipal()).
 *
 * The consumer, the task of CPU 0, flips the selector, calls sync, and reads and empties the half that was left, CPU by CPU;
 * then it stops as a session does: activity to draining, sync, and a last switch. Meanwhile CPU 1's task fires, and a
 * tick on CPU 1 and one on CPU 0 fire in interrupts, whatever runs there; of more CPUs, each has a task that fires.
 *
 * Bounds: one record a firing, each fires once; two switches. Left out: full buffers and their drops, voided records.
 */

import { MechanismError } from '../../model/error.js';
import { equal } from '../../model/expression.js';
import { mechanism, type Setting } from '../../model/mechanism.js';
import type { Model, Task, Vector } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import { mark, routine } from '../../model/steps.js';
import { local } from '../../model/variable.js';
import {
  type Buffers,
  buffersOf,
  drain,
  flip,
  nothingLost,
  properties,
  recording,
  take,
  variablesOf,
} from './buffer-switch/world.js';
import { byCrossCall } from './epoch-sync/ask.js';

const everyCpu = (cpus: number): readonly number[] => Array.from({ length: cpus }, (_, cpu) => cpu);

/** The tick of a CPU: its firing. One vector a CPU, as each makes a record of its own. */
const tickOf = (cpu: number): string => `tick ${cpu}`;

/** How the consumer goes about one half, given how it waits and reads. */
function firstSwitch(told: ReadonlySet<string>, buffers: Buffers, sync: StepList): StepList {
  const { cpus } = buffers;
  const elsewhere = local('left as well', { max: 1 });
  const readAll = everyCpu(cpus).map((cpu) => take(buffers, cpu));
  // Between the reading of one CPU's buffer and the next one's.
  const between = (steps: StepList): StepList => readAll.flatMap((read, cpu) => (cpu === 0 ? [read, steps] : [read]));
  if (told.has('sync-while-reading')) return [flip(buffers), sync, between([sync])];
  if (told.has('two-flips')) return [flip(buffers), sync, between([flip(buffers, elsewhere), sync])];
  if (told.has('two-flips-at-once')) return [flip(buffers), flip(buffers, elsewhere), sync, readAll];
  return [flip(buffers), sync, readAll];
}

function build({ cpus, options: told }: Setting): Model {
  if (cpus < 2) throw new MechanismError('', "it takes a CPU besides the consumer's", 'ask with --cpus 2 or more');
  const taskCpus = everyCpu(cpus).slice(1);
  const tickCpus = [1, 0];
  const buffers = buffersOf(cpus, taskCpus.length + tickCpus.length);
  const call = byCrossCall(buffers);
  const calls = everyCpu(cpus).map((cpu) => call.ask(cpu, (count) => equal(count, 0)));
  const sync: StepList = told.has('no-sync') ? [] : calls;
  const fire = (firing: number) => recording(buffers, firing, told.has('plain-reserve'));
  const consumer = routine('consumer', 'src/session/session.ts: takePrincipal(), stop()', [
    firstSwitch(told, buffers, sync),
    [drain(buffers), calls],
    [flip(buffers), calls, everyCpu(cpus).map((cpu) => take(buffers, cpu))],
    mark('all has been taken', { check: [nothingLost(buffers)] }),
  ]);
  const tasks: readonly Task[] = [
    { name: 'consumer', cpu: 0, routine: consumer },
    ...taskCpus.map((cpu, index): Task => ({ name: `prober ${cpu}`, cpu, routine: fire(1 + index) })),
  ];
  const vectors: readonly Vector[] = [
    ...call.vectors,
    ...tickCpus.map(
      (cpu, index): Vector => ({ name: tickOf(cpu), kind: 'hardirq', handler: fire(1 + taskCpus.length + index) }),
    ),
  ];
  return {
    cpus,
    tasks,
    vectors,
    sources: tickCpus.map((cpu) => ({ vector: tickOf(cpu), cpu, times: 1 })),
    variables: [...variablesOf(buffers), ...call.variables],
    properties,
    storeBuffer: 5,
  };
}

/** Switching principal buffers by our sync. */
export const bufferSwitch = mechanism({
  name: 'buffer-switch',
  summary: 'principal buffers switched by our sync while probes, nested in interrupts, write records',
  memories: ['sc', 'tso'],
  options: [
    { name: 'switched', group: 'switch', summary: 'flip, sync, read and empty: one flip at a time' },
    { name: 'no-sync', group: 'switch', summary: 'the first half is read right after the flip' },
    { name: 'sync-while-reading', group: 'switch', summary: 'a plain sync between the readings of two CPUs' },
    { name: 'two-flips', group: 'switch', summary: 'a second flip while the reader still holds the settled half' },
    { name: 'two-flips-at-once', group: 'switch', summary: 'a second flip before the sync of the first' },
    { name: 'plain-reserve', summary: 'space in the buffer is reserved by a load and a store' },
  ],
  variants: [[], ['no-sync'], ['plain-reserve'], ['sync-while-reading'], ['two-flips'], ['two-flips-at-once']],
  build,
});
