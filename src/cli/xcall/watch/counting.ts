/**
 * What `xcall watch` runs in the kernel: a D program that counts. It keeps no argument, path or data of any process, and
 * of processes only whether a call was made by this one.
 */

import { readKernelBtf } from '../../../bpf/btf/index.js';
import { UnsupportedFeatureError } from '../../../bpf/loader/errors.js';
import { type AggregationStore, createAggregationStore } from '../../../consumer/aggregations.js';
import {
  allProviders,
  createProbeRegistry,
  enableText,
  openSession,
  runningKernel,
  type Session,
  type SessionOptions,
  UnresponsiveError,
} from '../../../index.js';
import type { Counted } from './calls.js';

/**
 * Statements of D that leave in `this->bucket` the bucket of a latency in ns, an expression: eight buckets for each power
 * of two, 24 holds what is below 9 and 255 what is above 2^32. `bucketMiddle` is the inverse.
 */
export const bucketText = (latency: string): string => `
  this->rest = ${latency};
  this->rest = this->rest < 8 ? 8 : this->rest > 0xffffffff ? 0xffffffff : this->rest;
  this->latency = this->rest;
  this->log = this->rest >= 1 << 16 ? 16 : 0;
  this->rest = this->rest >> this->log;
  this->step = this->rest >= 1 << 8 ? 8 : 0;
  this->rest = this->rest >> this->step;
  this->log = this->log + this->step;
  this->step = this->rest >= 1 << 4 ? 4 : 0;
  this->rest = this->rest >> this->step;
  this->log = this->log + this->step;
  this->step = this->rest >= 1 << 2 ? 2 : 0;
  this->rest = this->rest >> this->step;
  this->log = this->log + this->step + (this->rest >= 2 ? 1 : 0);
  this->bucket = this->log * 8 + ((this->latency >> (this->log - 3)) & 7);
`;

/**
 * A call that is on its way is remembered in one of 1,024 places, found by the address of its csd: `csd` says whose the
 * place is. So memory is bounded, also by calls that no function-entry follows (of several wakeups in a list only the
 * first one is seen to begin); of two calls that meet in a place, one has no latency. Every call is counted.
 *
 * The sender is arg9, the first frame of the stack outside the cross-call code, found in the kernel: one address a call,
 * so that its latency can be told apart by it on another CPU, and keys are few and short.
 */
export const countingText = `
xcall:::queue
{
  @calls[arg9, arg3, arg1, pid == $pid] = count();
  this->place = ((arg6 >> 5) ^ (arg6 >> 17)) & 1023;
  queued[this->place] = timestamp;
  sender[this->place] = arg9;
  own[this->place] = pid == $pid;
  csd[this->place] = arg6;
}

xcall:::function-entry
{
  this->place = ((arg6 >> 5) ^ (arg6 >> 17)) & 1023;
  this->found = arg6 != 0 && csd[this->place] == arg6;
}

xcall:::function-entry
/this->found/
{
${bucketText('timestamp - queued[this->place]')}  @latencies[sender[this->place], arg3, arg1, own[this->place], this->bucket] = count();
  csd[this->place] = 0;
}
`;

/** The latency in the middle of a bucket, ns: at most a sixteenth off. Of the last bucket, which is open, its beginning. */
export function bucketMiddle(bucket: number): number {
  const [log, eighth] = [bucket >> 3, bucket & 7];
  return bucket === 255 ? 15 * 2 ** 28 : (8.5 + eighth) * 2 ** (log - 3);
}

/** Counting that has begun. */
export interface Counting {
  /**
   * What was counted since the last call, or since the beginning. Throws SyncError, MailboxError, and UnresponsiveError where
   * nothing has been counted since the deadman gave up: this process was stopped, or had no CPU, for ten seconds.
   */
  take(): Counted;
  /** Ends it; nothing remains in the kernel. */
  close(): void;
}

/** Begins to count. Throws the errors of the BPF layer, UnsupportedFeatureError where the kernel has no such tracepoints. */
export function startCounting(options: SessionOptions = {}): Counting {
  const registry = createProbeRegistry(allProviders);
  const kernel = runningKernel();
  requireProbes(registry);
  const enabling = enableText(countingText, kernel, { macros: { pid: BigInt(process.pid) } });
  const session = openSession(enabling, kernel, options);
  try {
    session.go();
  } catch (error) {
    session.close();
    throw error;
  }
  const idOf = (name: string): number => enabling.program.aggregations.find((each) => each.name === name)?.id ?? -1;
  const [calls, latencies] = [idOf('calls'), idOf('latencies')];
  let lostBefore = 0;
  return {
    take: () => {
      if (session.failure !== undefined) throw session.failure;
      if (session.killed) throw new UnresponsiveError();
      session.followCpus();
      const store: AggregationStore = createAggregationStore();
      session.takeAggregations((table, _, key, data) => store.add(table, key, data));
      const lost = lostOf(session);
      const counted = { calls: store.entries(calls), latencies: store.entries(latencies), lost: lost - lostBefore };
      lostBefore = lost;
      return counted;
    },
    close: () => session.close(),
  };
}

/** A call whose stack could not be walked is counted all the same. */
const lostOf = (session: Session): number =>
  session.drops().reduce((sum, { kind, count }) => (kind === 'stacks' ? sum : sum + count), 0);

/**
 * Throws UnsupportedFeatureError where there are no probes, which says why: providers that cannot read the kernel's types
 * have none, whatever the reason.
 */
export function requireProbes(registry: ReturnType<typeof createProbeRegistry>): void {
  if (readKernelBtf() === undefined) throw new UnsupportedFeatureError('BTF of its own types', '5.4');
  for (const name of ['queue', 'function-entry']) {
    if (registry.match({ provider: 'xcall', module: '', function: '', name }).length === 0) {
      throw new UnsupportedFeatureError(`the tracepoints of the group csd (probe xcall:::${name})`, '6.4');
    }
  }
}
