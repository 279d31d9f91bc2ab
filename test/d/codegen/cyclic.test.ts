/** One tick of a session's own timers, in the eBPF interpreter: what it concludes from what it finds. */

import { describe, expect, it } from 'vitest';
import { assemble } from '../../../src/bpf/assembly/assembler.js';
import {
  arrayBytes,
  createMachineState,
  createSharedMemory,
  linkProgram,
  run,
} from '../../../src/bpf/interpreter/index.js';
import { type CyclicWork, cyclicTimers, generateCyclic } from '../../../src/d/codegen/cyclic.js';
import { dynamicMap, dynamicRing, layoutDynamic, ringAt } from '../../../src/d/codegen/memory/dynamic-layout.js';
import { activity, controlWords, type RuntimeShape } from '../../../src/d/codegen/memory/layout.js';
import {
  cpuBits,
  mailboxBox,
  mailboxMaps,
  mailboxSlot,
  mailboxWords,
  requestKinds,
} from '../../../src/d/codegen/memory/mailbox-layout.js';
import { mapNames } from '../../../src/d/codegen/memory/memory.js';
import {
  speculationMaps,
  speculationStates,
  speculationUse,
  speculationWords,
} from '../../../src/d/codegen/memory/speculation-layout.js';
import type { TargetKernel } from '../../../src/d/codegen/target.js';
import { newTimerMark, timerTag } from '../../../src/d/codegen/timer-tag.js';
import { sessionMaps, viewsOf } from './backend.js';
import { fixedKernel } from './fixed-kernel.js';

const shape: RuntimeShape = {
  ...{ slots: 2, cpus: 2, levels: 2, preemptible: false },
  ...{ bufferSize: 0, aggregationSize: 0, dynamicEntries: 16, speculations: 3, speculationSize: 64 },
};
const mark = 77n;
const hrtimer = 0xffff_8880_0040_0000n;
const [hrtimerOffset, tagOffset] = [40, 240];

const kernel: TargetKernel = {
  ...fixedKernel,
  fieldOffset: (structure, path) =>
    structure === 'perf_event'
      ? path === 'hw.hrtimer'
        ? hrtimerOffset
        : tagOffset
      : fixedKernel.fieldOffset(structure, path),
};

const now = 1_000_000n;
const times = { timeout: 1_000n, consumer: 5_000n };

/** What a tick finds. Times are nanoseconds ago. */
interface Found {
  readonly alive?: bigint;
  readonly status?: bigint;
  /** The request that is under way: none, one that is complete, or one that is not. */
  readonly asked?: 'nothing' | 'complete' | 'open';
  readonly activity?: keyof typeof activity;
  readonly mark?: bigint;
  /** Whose timer it is; the deadman's unless given. */
  readonly timer?: keyof typeof cyclicTimers;
  /** What the program was generated for; the deadman alone unless given. */
  readonly work?: CyclicWork;
  /** A ring of the array from which elements were freed. */
  readonly freed?: number;
  /** States of speculations. */
  readonly states?: readonly (keyof typeof speculationStates)[];
  /** Nothing lies where a timer of ours would have its tag. */
  readonly unreadable?: boolean;
  /** The server is just calling this CPU. */
  readonly called?: boolean;
}

const elements = layoutDynamic('elements_0', { keySize: 8, valueSize: 8 }, shape.dynamicEntries, shape);
const deadman: CyclicWork = { deadman: times, arrays: [], speculations: false };
const everything: CyclicWork = { deadman: times, arrays: [elements], speculations: true };

/** Runs a tick on CPU 1; gives what it leaves. */
function tick(found: Found) {
  const maps = [...mailboxMaps(shape), ...sessionMaps(shape, [0, 1]), dynamicMap(elements), ...speculationMaps(shape)];
  const timer = new Uint8Array(found.unreadable === true ? 8 : 256);
  const tag = timerTag(found.mark ?? mark, cyclicTimers[found.timer ?? 'deadman'], 5);
  if (found.unreadable !== true) new DataView(timer.buffer).setBigUint64(tagOffset - hrtimerOffset, tag, true);
  const memory = createSharedMemory({
    maps,
    cpus: 2,
    clock: { now, step: 0n, suspended: 0n },
    regions: [{ name: 'hrtimer', space: 'kernel', address: hrtimer, bytes: timer }],
  });
  const control = viewsOf(arrayBytes(memory, mapNames.control));
  const mailbox = viewsOf(arrayBytes(memory, mapNames.mailbox));
  const box = (field: number): number => (mailboxWords.boxes + mailboxBox.size + field) / 8;
  control.u64[controlWords.alive / 8] = now - (found.alive ?? 0n);
  control.u64[controlWords.status / 8] = now - (found.status ?? 0n);
  control.u32[controlWords.activity / 4] = activity[found.activity ?? 'active'];
  if (found.asked !== 'nothing') {
    mailbox.u64[box(mailboxBox.posted)] = 3n;
    mailbox.u64[box(mailboxBox.completed)] = found.asked === 'open' ? 2n : 3n;
    control.u64[controlWords.asked / 8] = (3n << BigInt(cpuBits)) | 1n;
  }
  if (found.called === true) mailbox.u64[box(mailboxBox.calledUntil)] = now * 2n;
  mailbox.u64[mailboxWords.heartbeat / 8] = now;
  if (found.freed !== undefined) {
    const tail = (ringAt(elements, found.freed) + dynamicRing.tail) / 8;
    viewsOf(arrayBytes(memory, elements.map)).u64[tail] = 99n;
  }
  const speculations = viewsOf(arrayBytes(memory, mapNames.speculations));
  for (const [index, state] of (found.states ?? []).entries()) {
    speculations.u64[speculationWords.states / 8 + index] = BigInt(speculationStates[state] + 3 * speculationUse);
  }
  const program = linkProgram(assemble(generateCyclic(shape, kernel, mark, found.work ?? deadman).items), maps);
  const task = { address: 0xffff_8880_0000_1000n, pid: 42, tgid: 40, uid: 0, gid: 0, comm: 'any' };
  const end = run(program, createMachineState(program, { context: [hrtimer], environment: { cpu: 1, task } }), memory);
  if (end.kind === 'fault') throw new Error(`${end.fault.code} at ${end.fault.slot}: ${end.fault.message}`);
  const names = Object.keys(activity);
  const posted = mailbox.u64[box(mailboxBox.posted)] ?? 0n;
  const word =
    mailbox.u64[box(mailboxBox.ring + mailboxSlot.word) + Number((posted + 7n) % 8n) * (mailboxSlot.size / 8)];
  return {
    /** The kind of the request that was posted last. */
    kind: Number((word ?? 0n) & 0xffn),
    urgent: mailbox.u64[box(mailboxBox.urgent)],
    cyclic: mailbox.u64[mailboxWords.cyclicPosts / 8],
    alive: now - (control.u64[controlWords.alive / 8] ?? 0n),
    asked: (control.u64[controlWords.asked / 8] ?? 0n) >> BigInt(cpuBits),
    posted,
    activity: names[control.u32[controlWords.activity / 4] ?? 0],
  };
}

describe('a tick of the deadman', () => {
  it.each<[string, Found, Partial<ReturnType<typeof tick>>]>([
    ['asks for a sync if none is under way', { asked: 'nothing', alive: 900n }, { asked: 1n, posted: 1n, alive: 900n }],
    ['notes a complete sync as a sign of life, and asks anew', { alive: 900n }, { alive: 0n, asked: 4n, posted: 4n }],
    ['waits for a sync that is not complete', { asked: 'open', alive: 900n }, { alive: 900n, asked: 3n, posted: 3n }],
    [
      'takes no sync for a sign of life without a consumer',
      { alive: 900n, status: 5_001n },
      { alive: 900n, asked: 4n },
    ],
    ['bears with a consumer for the time that it has', { alive: 900n, status: 5_000n }, { alive: 0n }],
    ['bears with the system for the time that it has', { asked: 'open', alive: 1_000n }, { activity: 'active' }],
    ['kills what has been without a sign of life', { asked: 'open', alive: 1_001n }, { activity: 'killed' }],
    ['kills although its request was not taken', { asked: 'nothing', alive: 1_001n }, { activity: 'killed' }],
    ['kills what has no consumer', { alive: 1_001n, status: 9_000n }, { activity: 'killed' }],
    ['revives what answers late', { alive: 1_001n }, { alive: 0n, activity: 'active' }],
    [
      'leaves a session alone that ends',
      { asked: 'open', alive: 9_000n, activity: 'draining' },
      { activity: 'draining' },
    ],
    ["does nothing at others' timers", { asked: 'open', alive: 9_000n, mark: 78n }, { activity: 'active', asked: 3n }],
    [
      'does nothing at timers that are no events',
      { asked: 'open', alive: 9_000n, unreadable: true },
      { activity: 'active', asked: 3n },
    ],
    [
      'asks for no cleaning',
      { asked: 'open', work: everything, freed: 0, states: ['discarding'] },
      { posted: 3n, cyclic: 0n },
    ],
    [
      'not even where it kills',
      { asked: 'open', alive: 9_000n, work: everything, freed: 0, states: ['discarding'] },
      { activity: 'killed', posted: 3n, cyclic: 0n },
    ],
    [
      'wakes the server, whomever that is calling',
      { asked: 'nothing', called: true },
      { kind: requestKinds.sync, urgent: 1n, cyclic: 1n },
    ],
  ])('%s', (_, found, left) => {
    expect(tick(found)).toMatchObject(left);
  });
});

describe('a tick of the cleaner', () => {
  const asks = { posted: 1n, kind: requestKinds.clean, cyclic: 1n, urgent: 1n };
  const asksNot = { posted: 0n, cyclic: 0n };
  const arrays: CyclicWork = { deadman: undefined, arrays: [elements], speculations: false };

  it.each<[string, Found, Partial<ReturnType<typeof tick>>]>([
    ['asks for nothing where there is nothing to clean', {}, asksNot],
    ['asks where elements were freed in a ring', { freed: 0 }, asks],
    ['and in the last one', { freed: elements.rings - 1 }, asks],
    ['without a deadman, too', { freed: 0, work: arrays }, asks],
    ['and whomever the server is calling', { freed: 0, called: true }, asks],
    [
      'asks for nothing while speculations are under way',
      { states: ['inactive', 'activeMany', 'committing'] },
      asksNot,
    ],
    ['asks where one is to be committed on many CPUs', { states: ['active', 'inactive', 'committingMany'] }, asks],
    ['and where one was discarded', { states: ['discarding'] }, asks],
    ['but not in a session without speculations', { states: ['discarding'], work: arrays }, asksNot],
    ['leaves the deadman alone', { alive: 9_000n }, { activity: 'active', alive: 9_000n, posted: 0n }],
    ["does nothing at others' timers", { freed: 0, mark: 78n }, asksNot],
  ])('%s', (_, found, left) => {
    expect(tick({ timer: 'cleaner', asked: 'nothing', work: everything, ...found })).toMatchObject(left);
  });
});

it('sessions that run side by side have marks of their own', () => {
  const marks = Array.from({ length: 100 }, newTimerMark);
  // Two of a hundred are equal once in a million times.
  expect(new Set(marks).size).toBeGreaterThan(95);
  expect(marks.every((each) => each > 0n && each <= 2n ** 32n)).toBe(true);
});
