/**
 * Timers that programs know again. Each timer of a session is a perf event of a CPU's clock, which is an hrtimer; what is
 * to run at its ticks is attached to the tracepoint of expiring hrtimers, and knows its own timers by a tag in the events.
 */

import { helperNumber } from '../../bpf/helper.js';
import { alu, callHelper, jumpIf, load, loadConstant, move } from '../../bpf/instruction.js';
import type { Emitter } from './emitter.js';
import type { TargetKernel } from './target.js';

/** The tracepoint that every timer reaches when it expires. */
export const timerTracepoint = 'hrtimer_expire_entry';

/** The lower bits of a tag: a row of the map `probes`, then an index. The rest is a mark that others do not have. */
export const timerTagBits = { row: 16, index: 12 } as const;

const markShift = timerTagBits.row + timerTagBits.index;

/** A mark for the timers of one program. */
export const newTimerMark = (): bigint => BigInt(Math.floor(Math.random() * 2 ** 32)) + 1n;

/** The tag of a timer. */
export const timerTag = (mark: bigint, index: number, row: number): bigint =>
  (mark << BigInt(markShift)) | (BigInt(index) << BigInt(timerTagBits.row)) | BigInt(row);

/** What reading beside an expiring timer needs; r6 holds the context of a program on `timerTracepoint`. */
export interface TimerCode {
  readonly emitter: Emitter;
  readonly kernel: TargetKernel;
  readonly kernelContext: 'r6';
}

/** Copies 8 bytes, `offset` from the hrtimer, to the frame at `to`; r0 is 0 if it could. Loses r1 to r5. */
export function emitReadBeside({ emitter, kernelContext }: TimerCode, offset: number, to: number): void {
  emitter.emit(
    load(8, 'r3', kernelContext, 0),
    alu('add', 'r3', offset),
    move('r2', 8),
    move('r1', 'r10'),
    alu('add', 'r1', to),
    callHelper(helperNumber.probeReadKernel),
  );
}

/** Goes to `gone` unless the timer has `mark`; leaves its tag in the frame at `at`. Loses r0 to r5. */
export function emitTimerTag(code: TimerCode, mark: bigint, at: number, gone: string): void {
  const { emitter, kernel } = code;
  const offset = kernel.fieldOffset('perf_event', 'attr.config1') - kernel.fieldOffset('perf_event', 'hw.hrtimer');
  // Any hrtimer may expire here; what lies where an event would have its tag is only compared. What cannot be read is
  // read as zero, which is nobody's mark.
  emitReadBeside(code, offset, at);
  emitter.emit(
    load(8, 'r1', 'r10', at),
    alu('rsh', 'r1', markShift),
    loadConstant('r2', mark),
    jumpIf('ne', 'r1', 'r2', gone),
  );
}
