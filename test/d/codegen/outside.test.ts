/** What generated code finds as the first frame outside some code, in the eBPF interpreter, and that the kernel takes it. */

import { describe, expect, it } from 'vitest';
import { emitFirstOutside, type Reach } from '../../../src/d/codegen/expression/outside.js';
import { ownFrames } from '../../../src/d/codegen/memory/layout.js';
import type { AddressRange, TargetKernel } from '../../../src/d/codegen/target.js';
import { dtraceProvider } from '../../../src/providers/dtrace.js';
import type { Provider } from '../../../src/providers/provider.js';
import { kernelTest } from '../../kernel-test.js';
import { runInInterpreter, runInKernel } from './backend.js';
import { compile } from './compile.js';
import { fixedKernel } from './fixed-kernel.js';
import { kernel as liveKernel } from './live.js';
import { wordsOf } from './outcome.js';

const task = { pid: 1, tid: 1, ppid: 0, uid: 0, gid: 0, execname: 'test' };

/** BEGIN with the frame as its arg9. */
const provider = (reach: Reach, ranges: readonly AddressRange[]): Provider => ({
  ...dtraceProvider,
  plan: (enabled) =>
    dtraceProvider.plan(enabled).map((plan) => ({
      ...plan,
      walkedFrames: reach.frames,
      emitArguments: (code) => {
        if (!code.readsArgument(9)) return;
        emitFirstOutside({ ...code, tracepoint: undefined }, reach, ranges);
        code.setArgument(9, 'r0');
      },
    })),
});

/** The code that is passed over: three functions, the last two with a gap between them, and one far away. */
const kernelText = 0xffff_ffff_0100_0000n;
const at = (offset: number): bigint => kernelText + BigInt(offset);
/** The least distance from the lowest of it at which code is too far away. */
const far = at(0x1000) + 2n ** 31n;
const ranges: readonly AddressRange[] = [
  { start: at(0x5000), size: 0x100 },
  { start: at(0x1000), size: 0x100 },
  { start: at(0x3000), size: 0x80 },
  { start: far, size: 0x100 },
];

const reach: Reach = { soon: 6, frames: 4 };
const way = 0xffff_ffff_8140_0000n;
const own = [at(0x9000), at(0x9100), way];

const enabling = (kernel: TargetKernel, of: Reach = reach, code = ranges) =>
  compile('BEGIN { trace(arg9); }', { kernel, providers: [provider(of, code)] });

function found(stack: readonly bigint[] | undefined, of: Reach = reach, code = ranges) {
  const { records, drops } = runInInterpreter(
    enabling(fixedKernel, of, code),
    fixedKernel,
    stack === undefined ? task : { ...task, stack },
  );
  return { frame: wordsOf(records[0]?.data ?? '')[0], drops: drops.stack };
}

describe('the first frame outside some code', () => {
  it.each<[string, readonly bigint[], bigint]>([
    ['the first one', [at(0x2000), at(0x1010)], at(0x2000)],
    ['behind one inside', [at(0x1010), at(0x2000)], at(0x2000)],
    ['behind several inside, in any order', [at(0x5010), at(0x1010), at(0x4000)], at(0x4000)],
    ['below all code', [at(0x1010), at(0x800)], at(0x800)],
    ['in a gap of it', [at(0x3010), at(0x3090)], at(0x3090)],
    ['above all of it', [at(0x5010), at(0x7000)], at(0x7000)],
    ['a return to its first byte, which is from the function before', [at(0x3000)], at(0x3000)],
    ['not a return to the byte behind it', [at(0x3080), at(0x2000)], at(0x2000)],
    ['a return behind that', [at(0x3081)], at(0x3081)],
    ['in code too far away to be told', [far + 8n], far + 8n],
    ['0 where the stack ends inside', [at(0x1010), at(0x3010)], 0n],
    ['0 where there is no frame', [], 0n],
    ['further away than a first walk goes', [at(0x1010), at(0x1020), at(0x1030), at(0x2000)], at(0x2000)],
  ])('is %s', (_, frames, expected) => {
    expect(found([...own, ...frames])).toEqual({ frame: expected, drops: 0 });
  });

  it('is 0 where none is within reach', () => {
    const inside = Array.from({ length: reach.frames + ownFrames }, () => at(0x1010));
    expect(found([...own, ...inside, at(0x2000)])).toEqual({ frame: 0n, drops: 0 });
  });

  it('is found where the tracer has more frames than a first walk reaches', () => {
    const deep = Array.from({ length: 8 }, () => at(0x9000));
    expect(found([...deep, way, at(0x1010), at(0x2000)])).toEqual({ frame: at(0x2000), drops: 0 });
  });

  it('is 0 where the tracer has more frames than are known for', () => {
    const deep = Array.from({ length: ownFrames }, () => at(0x9000));
    expect(found([...deep, way, at(0x2000)])).toEqual({ frame: 0n, drops: 0 });
  });

  it('is 0, and one counted drop, where the stack cannot be walked', () => {
    expect(found(undefined)).toEqual({ frame: 0n, drops: 1 });
  });

  it.each([0, 1, 2, 3, 7, 8, 64])('is told by %i ranges as by looking at each', (count) => {
    const many = Array.from({ length: count }, (_, i) => ({ start: at(0x1000 + 0x40 * i), size: 0x10 + (i % 3) * 8 }));
    for (const address of Array.from({ length: 4 * count + 4 }, (_, i) => at(0xff8 + 16 * i + (i % 2)))) {
      const inside = many.some(({ start, size }) => address - 1n >= start && address - 1n < start + BigInt(size));
      const { frame } = found([...own, address, at(0x100)], reach, many);
      expect(frame, `0x${address.toString(16)}`).toBe(inside ? at(0x100) : address);
    }
  });

  kernelTest('is looked for by code that the kernel takes, however many ranges there are', () => {
    const many = Array.from({ length: 200 }, (_, i) => ({ start: at(0x1000 + 0x40 * i), size: 0x20 }));
    const { records } = runInKernel(enabling(liveKernel, { soon: 10, frames: 16 }, many));
    // BEGIN is run by BPF_PROG_RUN, of which no frame is in these ranges.
    expect(records).toHaveLength(1);
    expect(wordsOf(records[0]?.data ?? '')[0]).not.toBe(0n);
  });
});
