/**
 * What the storm runs in the kernel. Records are made of the calls of its own workers only; of everything else firings
 * are counted.
 */

import { readKernelBtf } from '../../../bpf/btf/index.js';
import { UnsupportedFeatureError } from '../../../bpf/loader/errors.js';
import type { RuntimeShape } from '../../../d/codegen/memory/layout.js';
import type { TargetKernel } from '../../../d/codegen/target.js';
import type { DifClause } from '../../../d/dif.js';
import { enableText } from '../../../session/enable-text.js';
import type { Enabling } from '../../../session/enabling.js';
import { createStormProvider } from './events.js';
import type { Load } from './load/load.js';
import type { SeriesName } from './load/load-memory.js';

/** Ticks a second on every CPU unless told; more than that the kernel's limits on timers do not bear everywhere. */
export const usualTickRate = 4999;

/**
 * The aggregations, by name. `shared` has one key for what ticks and calls count on a CPU; `asked` has the answer of
 * synced() in the firing that has posted: that firing is open, so no.
 */
export const aggregationNames = [
  'calls',
  'datagrams',
  'ticks',
  'shared',
  'posts',
  'polled',
  'events',
  'asked',
] as const;

/**
 * A record begins and ends with its number: one that is read before it is written shows by that. In between it takes a
 * while, so that ticks come.
 */
const recordText = (number: string, between = ''): string =>
  `trace(${number}); trace(pid); trace(execname); ${between}trace(${number});`;

/**
 * Recorded for the time that it takes, some microseconds: a consumer that does not wait for the firing reads before it
 * is at its end. Most records do without, so that there are many.
 */
const whileText = 'trace(stack()); '.repeat(3);

const text = ({ tag, length }: Pick<Load, 'tag' | 'length'>, tickRate: number): string => `
int64_t number[int];
syscall::getppid:entry
/ppid == $pid && arg1 == ${tag}/
{
  ${recordText('arg0')}
  @calls[pid] = count();
  @shared[cpu] = count();
}

syscall::sendto:entry
/ppid == $pid && arg2 == ${length}/
{
  this->request = sync();
  @posts = count();
  ${recordText('arg5', whileText)}
  @datagrams[pid] = count();
  @shared[cpu] = count();
  @asked[synced(this->request)] = count();
}

profile:::profile-${tickRate}
{
  @polled[synced(number[cpu])] = count();
  number[cpu] = sync();
  @posts = count();
  @ticks[cpu] = count();
  @shared[cpu] = count();
}

xcall:::, irq:::, storm:::
{
  sync();
  @posts = count();
  @events[cpu] = count();
}
`;

/** Where the fields of a record lie. */
export interface RecordPlace {
  readonly series: SeriesName;
  readonly epid: number;
  readonly head: number;
  readonly pid: number;
  readonly tail: number;
}

/** What the storm enables. */
export interface StormProgram {
  readonly enabling: Enabling;
  readonly records: readonly RecordPlace[];
  /** Ticks a second on every CPU. */
  readonly tickRate: number;
  /** The bytes of a record, by its EPID. */
  sizeOf(this: void, epid: number): number;
  /** The id of an aggregation. */
  idOf(name: (typeof aggregationNames)[number]): number;
}

/** Compiles it for the load. Throws UnsupportedFeatureError where the kernel lacks what it stands on. */
export function stormProgram(
  load: Pick<Load, 'tag' | 'length'>,
  kernel: TargetKernel,
  reshape: (shape: RuntimeShape) => RuntimeShape,
  tickRate: number,
): StormProgram {
  if (readKernelBtf() === undefined) throw new UnsupportedFeatureError('BTF of its own types', '5.4');
  const enabling = enableText(text(load, tickRate), kernel, {
    macros: { pid: BigInt(process.pid) },
    options: { bufsize: bufferSize, aggsize: 65_536, strsize: 32, stackframes: 4 },
    providers: [createStormProvider()],
    reshape,
  });
  const { program } = enabling;
  const sizes = new Map(program.clauses.map(({ epid, recordSize }) => [epid, recordSize]));
  return {
    enabling,
    records: program.clauses.flatMap(placeOf),
    tickRate,
    sizeOf: (epid) => sizes.get(epid) ?? 8,
    idOf: (name) => program.aggregations.find((each) => each.name === name)?.id ?? -1,
  };
}

const bufferSize = 4 * 1024 * 1024;

/** Numbers that a worker may be ahead of the consumer in a series: well below what a buffer holds. */
export const leeway = 8192;

function placeOf(clause: DifClause): readonly RecordPlace[] {
  const fields = clause.actions.flatMap((action) => (action.kind === 'trace' ? [action.field] : []));
  const offsets = fields.map(({ offset }) => offset);
  const [head, pid] = offsets;
  const tail = offsets.at(-1);
  if (head === undefined || pid === undefined || tail === undefined) return [];
  const series = clause.probes.some((probe) => probe.function === 'sendto') ? 'datagrams' : 'calls';
  return [{ series, epid: clause.epid, head, pid, tail }];
}
