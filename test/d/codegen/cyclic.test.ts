/** One tick of the deadman, in the eBPF interpreter: what it concludes from what it finds. */

import { describe, expect, it } from 'vitest';
import { assemble } from '../../../src/bpf/assembly/assembler.js';
import {
  arrayBytes,
  createMachineState,
  createSharedMemory,
  linkProgram,
  run,
} from '../../../src/bpf/interpreter/index.js';
import { generateCyclic } from '../../../src/d/codegen/cyclic.js';
import { activity, controlWords, type RuntimeShape } from '../../../src/d/codegen/memory/layout.js';
import { cpuBits, mailboxBox, mailboxMaps, mailboxWords } from '../../../src/d/codegen/memory/mailbox-layout.js';
import { mapNames } from '../../../src/d/codegen/memory/memory.js';
import type { TargetKernel } from '../../../src/d/codegen/target.js';
import { timerTag } from '../../../src/d/codegen/timer-tag.js';
import { sessionMaps, viewsOf } from './backend.js';
import { fixedKernel } from './fixed-kernel.js';

const shape: RuntimeShape = {
  ...{ slots: 2, cpus: 2, levels: 2, preemptible: false },
  ...{ bufferSize: 0, aggregationSize: 0, dynamicEntries: 16, speculations: 0, speculationSize: 0 },
};
const mark = 77n;
const hrtimer = 0xffff_8880_0040_0000n;
const tagOffset = 200;

const kernel: TargetKernel = {
  ...fixedKernel,
  fieldOffset: (structure, path) =>
    structure === 'perf_event' ? (path === 'hw.hrtimer' ? 0 : tagOffset) : fixedKernel.fieldOffset(structure, path),
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
}

/** Runs a tick on CPU 1; gives what it leaves. */
function tick(found: Found) {
  const maps = [...mailboxMaps(shape), ...sessionMaps(shape, [0, 1])];
  const timer = new Uint8Array(256);
  new DataView(timer.buffer).setBigUint64(tagOffset, timerTag(found.mark ?? mark, 0, 0), true);
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
  const program = linkProgram(
    assemble(generateCyclic(shape, kernel, mark, { deadman: times, arrays: [], speculations: false }).items),
    maps,
  );
  const task = { address: 0xffff_8880_0000_1000n, pid: 42, tgid: 40, uid: 0, gid: 0, comm: 'any' };
  const end = run(program, createMachineState(program, { context: [hrtimer], environment: { cpu: 1, task } }), memory);
  if (end.kind === 'fault') throw new Error(`${end.fault.code} at ${end.fault.slot}: ${end.fault.message}`);
  const names = Object.keys(activity);
  return {
    alive: now - (control.u64[controlWords.alive / 8] ?? 0n),
    asked: (control.u64[controlWords.asked / 8] ?? 0n) >> BigInt(cpuBits),
    posted: mailbox.u64[box(mailboxBox.posted)],
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
  ])('%s', (_, found, left) => {
    expect(tick(found)).toMatchObject(left);
  });
});
