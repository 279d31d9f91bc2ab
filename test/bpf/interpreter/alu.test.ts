import { describe, expect, it } from 'vitest';
import { assemble } from '../../../src/bpf/assembly/assembler.js';
import {
  type AluOperation,
  type AssemblyItem,
  alu,
  alu32,
  byteSwap,
  exit,
  functionStart,
  type Instruction,
  type JumpCondition,
  jumpIf,
  jumpIf32,
  label,
  loadConstant,
  move,
  negate,
} from '../../../src/bpf/instruction.js';
import { createMachineState, createSharedMemory, linkProgram, run } from '../../../src/bpf/interpreter/index.js';
import { operands, results } from './alu-results.js';

const evaluate = (items: readonly AssemblyItem[]): bigint => {
  const program = linkProgram(assemble([functionStart('main', 1, 'global'), ...items, exit()]));
  const end = run(program, createMachineState(program), createSharedMemory({}));
  if (end.kind === 'fault') {
    throw new Error(end.fault.message);
  }
  return end.value;
};

const operations = Object.keys(results) as AluOperation[];
const aluRows = operations.flatMap((operation) =>
  ([64, 32] as const).flatMap((bits) =>
    operands.map(([a, b], index) => ({ operation, bits, a, b, expected: results[operation][bits][index] })),
  ),
);

describe('arithmetic', () => {
  it.each(aluRows)(
    '$bits-bit $operation of $a and $b in registers is $expected',
    ({ operation, bits, a, b, expected }) => {
      const make = bits === 64 ? alu : alu32;
      expect(evaluate([loadConstant('r0', a), loadConstant('r2', b), make(operation, 'r0', 'r2')])).toBe(expected);
    },
  );

  it.each(aluRows.filter(({ b, bits }) => BigInt.asIntN(bits, b) === BigInt.asIntN(32, b)))(
    '$bits-bit $operation of $a and the immediate $b is $expected',
    ({ operation, bits, a, b, expected }) => {
      const make = bits === 64 ? alu : alu32;
      const immediate = Number(BigInt.asIntN(32, b));
      expect(evaluate([loadConstant('r0', a), make(operation, 'r0', immediate)])).toBe(expected);
    },
  );

  it.each<{ name: string; value: bigint; instruction: Instruction; expected: bigint }>([
    { name: 'negate', value: 1n, instruction: negate('r0'), expected: 0xffffffffffffffffn },
    { name: 'negate the minimum', value: 1n << 63n, instruction: negate('r0'), expected: 1n << 63n },
    {
      name: 'negate 32 bits',
      value: 0xffffffff00000001n,
      instruction: { kind: 'negate', bits: 32, dst: 'r0' },
      expected: 0xffffffffn,
    },
    {
      name: 'sign-extend 8 bits',
      value: 0x1234_5680n,
      instruction: { kind: 'sign-extend', bits: 8, dst: 'r0', src: 'r0' },
      expected: 0xffffffffffffff80n,
    },
    {
      name: 'sign-extend 16 bits',
      value: 0x8000_7fffn,
      instruction: { kind: 'sign-extend', bits: 16, dst: 'r0', src: 'r0' },
      expected: 0x7fffn,
    },
    {
      name: 'sign-extend 32 bits',
      value: 0x8000_0000n,
      instruction: { kind: 'sign-extend', bits: 32, dst: 'r0', src: 'r0' },
      expected: 0xffffffff80000000n,
    },
    { name: 'be16', value: 0x1122334455667788n, instruction: byteSwap('be', 16, 'r0'), expected: 0x8877n },
    { name: 'be32', value: 0x1122334455667788n, instruction: byteSwap('be', 32, 'r0'), expected: 0x88776655n },
    { name: 'be64', value: 0x1122334455667788n, instruction: byteSwap('be', 64, 'r0'), expected: 0x8877665544332211n },
    { name: 'le16', value: 0x1122334455667788n, instruction: byteSwap('le', 16, 'r0'), expected: 0x7788n },
    { name: 'le32', value: 0x1122334455667788n, instruction: byteSwap('le', 32, 'r0'), expected: 0x55667788n },
    { name: 'le64', value: 0x1122334455667788n, instruction: byteSwap('le', 64, 'r0'), expected: 0x1122334455667788n },
    { name: 'bswap16', value: 0x1122334455667788n, instruction: byteSwap('swap', 16, 'r0'), expected: 0x8877n },
    { name: 'bswap32', value: 0x1122334455667788n, instruction: byteSwap('swap', 32, 'r0'), expected: 0x88776655n },
    {
      name: 'bswap64',
      value: 0x1122334455667788n,
      instruction: byteSwap('swap', 64, 'r0'),
      expected: 0x8877665544332211n,
    },
  ])('$name', ({ value, instruction, expected }) => {
    expect(evaluate([loadConstant('r0', value), instruction])).toBe(expected);
  });
});

/** For a condition, whether it holds for: equal; less as signed and greater as unsigned; greater as signed only. */
const conditions: Record<JumpCondition, readonly [boolean, boolean, boolean]> = {
  eq: [true, false, false],
  ne: [false, true, true],
  gt: [false, true, false],
  ge: [true, true, false],
  lt: [false, false, true],
  le: [true, false, true],
  sgt: [false, false, true],
  sge: [true, false, true],
  slt: [false, true, false],
  sle: [true, true, false],
  set: [true, true, true],
};

const jumpRows = (Object.keys(conditions) as JumpCondition[]).flatMap((condition) =>
  ([64, 32] as const).flatMap((bits) => {
    // The upper halves of the 32-bit operands would give the opposite answers.
    const minusOne = bits === 64 ? -1n : 0x00000001_ffffffffn;
    const one = bits === 64 ? 1n : 0x80000000_00000001n;
    const pairs = [
      [one, bits === 64 ? 1n : 0x7_00000001n],
      [minusOne, one],
      [one, minusOne],
    ] as const;
    return pairs.map(([a, b], index) => ({ condition, bits, a, b, expected: conditions[condition][index] }));
  }),
);

describe('conditional jumps', () => {
  it.each(jumpRows)('$bits-bit $condition of $a and $b is $expected', ({ condition, bits, a, b, expected }) => {
    const make = bits === 64 ? jumpIf : jumpIf32;
    const taken = evaluate([
      loadConstant('r1', a),
      loadConstant('r2', b),
      move('r0', 1),
      make(condition, 'r1', 'r2', 'end'),
      move('r0', 0),
      label('end'),
    ]);
    expect(taken).toBe(expected ? 1n : 0n);
  });

  it('sign-extends the immediate of a 64-bit condition', () => {
    const items = [loadConstant('r1', -1n), move('r0', 1), jumpIf('eq', 'r1', -1, 'end'), move('r0', 0), label('end')];
    expect(evaluate(items)).toBe(1n);
  });

  it("does not take 'set' where no bit is common", () => {
    const items = [move('r1', 6), move('r0', 1), jumpIf('set', 'r1', 9, 'end'), move('r0', 0), label('end')];
    expect(evaluate(items)).toBe(0n);
  });
});
