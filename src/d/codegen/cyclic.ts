/**
 * What a session itself does in timer ticks, as DTrace does in its cyclics: it asks for a sync by the mailbox, since a
 * tick must not make one, and looks at a later tick whether it is complete.
 *
 * - The deadman (dtrace_state_deadman() of the original): where each CPU leaves its probes and the consumer is about, the
 *   system is alive. Where that was too long ago tracing is killed, by the tick: it needs nothing of a process that may
 *   be stopped.
 * - The cleaner (dtrace_state_clean()): where elements of arrays were freed, or speculations have ended, it asks for
 *   their cleaning.
 */

import { dropUnreachable } from '../../bpf/assembly/reachable.js';
import { helperNumber } from '../../bpf/helper.js';
import {
  alu,
  atomic,
  callFunction,
  callHelper,
  exit,
  functionStart,
  jump,
  jumpIf,
  load,
  loadConstant,
  loadMapValue,
  move,
  store,
} from '../../bpf/instruction.js';
import type { ProgramSpec } from '../../bpf/spec.js';
import { createEmitter, type Emitter } from './emitter.js';
import { askUnasked, emitPostFunction, emitSyncedFunction, spontaneous, syncedFunction } from './mailbox.js';
import { type DynamicLayout, dynamicRing, ringAt } from './memory/dynamic-layout.js';
import { activity, controlWords, type RuntimeShape } from './memory/layout.js';
import { requestKinds } from './memory/mailbox-layout.js';
import { mapNames } from './memory/memory.js';
import { speculationStateMask, speculationStates, speculationWords } from './memory/speculation-layout.js';
import type { TargetKernel } from './target.js';
import { emitTimerTag, timerTagBits, timerTracepoint } from './timer-tag.js';

/** The deadman's times, nanoseconds. */
export interface DeadmanTimes {
  /** Between two of its ticks on a CPU. */
  readonly interval: bigint;
  /** How long the system may be without a sign of life. */
  readonly timeout: bigint;
  /** How long the consumer may. */
  readonly consumer: bigint;
}

/** Indices in the tags of timers: who is to act at their ticks. */
export const cyclicTimers = { deadman: 0, cleaner: 1 } as const;

/** What a session does in its ticks. */
export interface CyclicWork {
  /** Undefined: there is no deadman. */
  readonly deadman: Omit<DeadmanTimes, 'interval'> | undefined;
  /** The arrays that have elements to clean. */
  readonly arrays: readonly DynamicLayout[];
  /** Whether there are speculations to clean: `shape.speculations` of them. */
  readonly speculations: boolean;
}

const tagSlot = -16;

/** Generates the program of a session's own timers, which have `mark`. */
export function generateCyclic(
  shape: RuntimeShape,
  kernel: TargetKernel,
  mark: bigint,
  { deadman, arrays, speculations }: CyclicWork,
): ProgramSpec {
  const emitter = createEmitter();
  const gone = emitter.fresh('gone');
  const clean = emitter.fresh('clean');
  emitter.emit(functionStart('cyclic', 1, 'global'), move('r6', 'r1'));
  emitTimerTag({ emitter, kernel, kernelContext: 'r6' }, mark, tagSlot, gone);
  emitter.emit(
    load(8, 'r1', 'r10', tagSlot),
    alu('rsh', 'r1', timerTagBits.row),
    alu('and', 'r1', 2 ** timerTagBits.index - 1),
    jumpIf('eq', 'r1', cyclicTimers.cleaner, clean),
  );
  if (deadman !== undefined) emitDeadman(emitter, deadman, gone);
  emitter.emit(jump(gone));
  emitter.place(clean);
  if (arrays.length > 0 || speculations) emitCleaner(emitter, arrays, speculations ? shape.speculations : 0, gone);
  emitter.place(gone);
  emitter.emit(move('r0', 0), exit());
  emitPostFunction(emitter, shape);
  if (deadman !== undefined) emitSyncedFunction(emitter, shape);
  const kind = { type: 'typed-raw-tracepoint', tracepoint: timerTracepoint } as const;
  return { name: 'cyclic', kind, items: dropUnreachable(emitter.items) };
}

function emitDeadman(emitter: Emitter, times: Omit<DeadmanTimes, 'interval'>, gone: string): void {
  const ask = emitter.fresh('ask');
  const judge = emitter.fresh('judge');
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
  emitter.emit(...askUnasked(requestKinds.sync | spontaneous), store(8, 'r7', controlWords.asked, 'r0'));
  emitter.place(judge);
  emitter.emit(
    load(8, 'r1', 'r7', controlWords.alive),
    loadConstant('r2', times.timeout),
    alu('add', 'r1', 'r2'),
    jumpIf('ge', 'r1', 'r8', gone),
    move('r0', activity.active),
    move('r1', activity.killed),
    atomic('cmpxchg', 4, 'r7', controlWords.activity, 'r1'),
  );
}

/** Asks for cleaning if any ring has something to clean, or any speculation has ended. */
function emitCleaner(emitter: Emitter, arrays: readonly DynamicLayout[], speculations: number, gone: string): void {
  const dirty = emitter.fresh('dirty');
  const next = emitter.fresh('next');
  for (const layout of arrays) {
    for (let ring = 0; ring < layout.rings; ring += 1) {
      emitter.emit(
        loadMapValue('r2', layout.map, ringAt(layout, ring)),
        load(8, 'r3', 'r2', dynamicRing.tail),
        load(8, 'r4', 'r2', dynamicRing.clean),
        jumpIf('ne', 'r3', 'r4', dirty),
      );
    }
  }
  if (speculations > 0) {
    emitter.emit(loadMapValue('r2', mapNames.speculations, speculationWords.states), move('r1', 0));
    emitter.place(next);
    emitter.emit(
      move('r3', 'r1'),
      alu('lsh', 'r3', 3),
      alu('add', 'r3', 'r2'),
      load(8, 'r3', 'r3', 0),
      alu('and', 'r3', speculationStateMask),
      jumpIf('ge', 'r3', speculationStates.committingMany, dirty),
      alu('add', 'r1', 1),
      jumpIf('lt', 'r1', speculations, next),
    );
  }
  emitter.emit(jump(gone));
  emitter.place(dirty);
  emitter.emit(...askUnasked(requestKinds.clean | spontaneous));
}
