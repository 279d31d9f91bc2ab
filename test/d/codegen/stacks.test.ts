/** What generated code makes of a stack, in the eBPF interpreter: which frames are the tracer's own, and how many fit. */

import { describe, expect, it } from 'vitest';
import { ownFrames } from '../../../src/d/codegen/memory/layout.js';
import type { TargetKernel } from '../../../src/d/codegen/target.js';
import { runInInterpreter } from './backend.js';
import { compile } from './compile.js';
import { fixedKernel } from './fixed-kernel.js';
import { wordsOf } from './outcome.js';

const task = { pid: 1, tid: 1, ppid: 0, uid: 0, gid: 0, execname: 'test' };

/** A frame on the way from the tracepoint to the program, in the first and the last byte of the fixed kernel's. */
const [way, wayEnd] = [0xffff_ffff_8140_0000n, 0xffff_ffff_8140_0fffn];

/** Frames of the program itself, and of the code in which a probe fired. */
const [program, inner, middle, outer] = [0xffff_ffff_c000_1000n, 0x1000n, 0x2000n, 0x3000n];

const run = (text: string, stack: readonly bigint[] | undefined, kernel: TargetKernel = fixedKernel) =>
  runInInterpreter(compile(text, { kernel }), kernel, stack === undefined ? task : { ...task, stack });

/** The 64-bit words of the first record behind its header. */
const recorded = (text: string, stack: readonly bigint[], kernel?: TargetKernel): readonly bigint[] =>
  wordsOf(run(text, stack, kernel).records[0]?.data ?? '');

describe('stack()', () => {
  it.each<[string, readonly bigint[], readonly bigint[]]>([
    ['the frames behind the way to the program', [program, way, inner, middle, outer], [inner, middle, outer]],
    ['the frames behind a way of two frames', [program, way, wayEnd, inner, middle, outer], [inner, middle, outer]],
    ['the frames behind helper, functions and way', [1n, 2n, program, program, way, inner], [inner, 0n, 0n]],
    ['no more frames than it has room for', [program, way, 1n, 2n, 3n, 4n, 5n], [1n, 2n, 3n]],
    ['nothing where nothing is behind the way', [program, way], [0n, 0n, 0n]],
    ['the way of a firing that it interrupted', [program, way, inner, way, outer], [inner, way, outer]],
    ['frames just beside the way', [program, way, way - 1n, wayEnd + 1n], [way - 1n, wayEnd + 1n, 0n]],
    ['all from the top where there is no way', [program, inner, middle], [program, inner, middle]],
    [
      'what lies behind as many frames as there is room for',
      [...Array.from({ length: ownFrames - 1 }, () => program), way, inner, middle, outer],
      [inner, middle, outer],
    ],
    [
      'all from the top where the way begins behind that',
      [...Array.from({ length: ownFrames }, () => program), way, inner],
      [program, program, program],
    ],
  ])('has %s', (_, stack, expected) => {
    expect(recorded('BEGIN { stack(3); }', stack)).toEqual(expected);
  });

  it('has every frame where the kernel shows no addresses', () => {
    const hidden: TargetKernel = { ...fixedKernel, probeEntry: () => [] };
    expect(recorded('BEGIN { stack(3); }', [program, way, inner], hidden)).toEqual([program, way, inner]);
  });

  it('is the same in a function of its own, and in a clause of ERROR', () => {
    const stack = [program, way, inner, middle];
    const clauses = Array.from({ length: 5 }, () => 'BEGIN { stack(2); }').join(' ');
    const { records } = run(`${clauses} BEGIN { trace(1 / (timestamp & 0)); } ERROR { stack(2); }`, stack);
    const stacks = records.filter(({ data }) => data.length === 32).map(({ data }) => wordsOf(data));
    expect(stacks).toEqual(Array.from({ length: 6 }, () => [inner, middle]));
  });

  it('has 127 frames where that many are asked for', () => {
    const frames = Array.from({ length: 127 }, (_, i) => BigInt(i + 1));
    expect(recorded('BEGIN { stack(127); }', [program, way, ...frames])).toEqual(frames);
  });

  it('stands with other fields in one record, each at its place', () => {
    const text = 'BEGIN { trace((char)7); stack(1); printf("%s %k %d", "ab", stack(2), 9); }';
    const words = recorded(text, [program, way, inner, middle]);
    expect(words.slice(0, 2)).toEqual([7n, inner]);
    expect(words.slice(2, 5)).toEqual([BigInt(`0x${Buffer.from('ab').reverse().toString('hex')}`), inner, middle]);
    expect(BigInt.asUintN(32, words[5] ?? 0n)).toBe(9n);
  });

  it('that cannot be walked is empty, a counted drop, and keeps its record and its count', () => {
    const { records, aggregations, drops } = run('BEGIN { stack(2); @[stack(1)] = count(); }', undefined);
    expect(records.map(({ data }) => wordsOf(data))).toEqual([[0n, 0n]]);
    expect(aggregations).toHaveLength(1);
    expect(drops.stack).toBe(2);
  });
});

describe('stack() as a key', () => {
  it('is one key for the same frames, whatever the way to the program, and another for others', () => {
    const text = 'BEGIN { @[stack(2)] = count(); } BEGIN { @[stack(2)] = count(); @[stack(1)] = count(); }';
    const { aggregations } = run(text, [program, way, inner, middle]);
    // stack(1) is the longer key padded.
    expect(aggregations).toHaveLength(2);
  });
});

describe('the variables of the stack', () => {
  it.each<[string, readonly bigint[] | undefined, bigint, bigint]>([
    ['the second frame, and all of them', [program, way, inner, middle, outer], middle, 3n],
    ['nothing above the only frame', [program, way, inner], 0n, 1n],
    ['nothing where there is no frame', [program, way], 0n, 0n],
    ['nothing where the stack cannot be walked', undefined, 0n, 0n],
  ])('caller and stackdepth are %s', (_, stack, caller, depth) => {
    const { records, drops } = run('BEGIN { trace(caller); trace((long)stackdepth); }', stack);
    expect(wordsOf(records[0]?.data ?? '')).toEqual([caller, depth]);
    expect(drops.stack).toBe(stack === undefined ? 2 : 0);
  });
});
