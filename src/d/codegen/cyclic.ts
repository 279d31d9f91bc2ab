/**
 * What a session itself does in timer ticks, as DTrace does in its cyclics: it asks for a sync by the mailbox, since a
 * tick must not make one, and looks at a later tick whether it is complete.
 *
 * The deadman (dtrace_state_deadman() of the original): where each CPU leaves its probes and the consumer is about, the
 * system is alive. Where that was too long ago tracing is killed, by the tick: it needs nothing of a process that may be
 * stopped.
 */

import { helperNumber } from '../../bpf/helper.js';
import {
  type AssemblyItem,
  alu,
  atomic,
  callFunction,
  callHelper,
  exit,
  functionStart,
  jumpIf,
  load,
  loadConstant,
  loadMapValue,
  move,
  store,
} from '../../bpf/instruction.js';
import type { ProgramSpec } from '../../bpf/spec.js';
import { createEmitter } from './emitter.js';
import { emitPostFunction, emitSyncedFunction, postFunction, spontaneous, syncedFunction } from './mailbox.js';
import { activity, controlWords, type RuntimeShape } from './memory/layout.js';
import { mailboxWords, requestKinds } from './memory/mailbox-layout.js';
import { mapNames } from './memory/memory.js';
import type { TargetKernel } from './target.js';
import { emitTimerTag, timerTracepoint } from './timer-tag.js';

/** The deadman's times, nanoseconds. */
export interface DeadmanTimes {
  /** Between two of its ticks on a CPU. */
  readonly interval: bigint;
  /** How long the system may be without a sign of life. */
  readonly timeout: bigint;
  /** How long the consumer may. */
  readonly consumer: bigint;
}

const tagSlot = -16;

/** Posts a request for a sync, and counts it as one that no clause has made; its number is in r0. */
const askForSync: readonly AssemblyItem[] = [
  move('r1', requestKinds.sync | spontaneous),
  callFunction(postFunction),
  loadMapValue('r1', mapNames.mailbox),
  move('r2', 1),
  atomic('add', 8, 'r1', mailboxWords.cyclicPosts, 'r2'),
];

/** Generates the program of the deadman's timers, which have `mark`. */
export function generateDeadman(
  shape: RuntimeShape,
  kernel: TargetKernel,
  mark: bigint,
  times: Omit<DeadmanTimes, 'interval'>,
): ProgramSpec {
  const emitter = createEmitter();
  const [gone, ask, judge, alive] = ['gone', 'ask', 'judge', 'alive'].map((stem) => emitter.fresh(stem)) as [
    string,
    string,
    string,
    string,
  ];
  emitter.emit(functionStart('deadman', 1, 'global'), move('r6', 'r1'));
  emitTimerTag({ emitter, kernel, kernelContext: 'r6' }, mark, tagSlot, gone);
  emitter.emit(
    loadMapValue('r7', mapNames.control),
    callHelper(helperNumber.ktimeGetNs),
    move('r8', 'r0'),
    load(8, 'r1', 'r7', controlWords.asked),
    jumpIf('eq', 'r1', 0, ask),
    callFunction(syncedFunction),
    jumpIf('eq', 'r0', 0, judge),
    // As the original: without a consumer it is no sign of life that CPUs leave their probes.
    load(8, 'r1', 'r7', controlWords.status),
    loadConstant('r2', times.consumer),
    alu('add', 'r1', 'r2'),
    jumpIf('lt', 'r1', 'r8', ask),
    store(8, 'r7', controlWords.alive, 'r8'),
  );
  emitter.place(ask);
  emitter.emit(...askForSync, store(8, 'r7', controlWords.asked, 'r0'));
  emitter.place(judge);
  emitter.emit(
    load(8, 'r1', 'r7', controlWords.alive),
    loadConstant('r2', times.timeout),
    alu('add', 'r1', 'r2'),
    jumpIf('ge', 'r1', 'r8', alive),
    move('r0', activity.active),
    move('r1', activity.killed),
    atomic('cmpxchg', 4, 'r7', controlWords.activity, 'r1'),
  );
  emitter.place(alive);
  emitter.place(gone);
  emitter.emit(move('r0', 0), exit());
  emitPostFunction(emitter, shape);
  emitSyncedFunction(emitter, shape);
  return { name: 'deadman', kind: { type: 'typed-raw-tracepoint', tracepoint: timerTracepoint }, items: emitter.items };
}
