/**
 * Arithmetic and comparison exactly as the kernel does it (Documentation/bpf/standardization/instruction-set.rst).
 * Values are unsigned 64-bit bigints; the 32-bit forms look at the lower half and clear the upper half of the result.
 * Division: x / 0 = 0, x % 0 = x, minimum / -1 = minimum, minimum % -1 = 0. Shift counts are masked to the width.
 */

import type { AluOperation, JumpCondition } from '../instruction.js';

type Binary = (a: bigint, b: bigint) => bigint;
type Predicate = (a: bigint, b: bigint) => boolean;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const s64 = (value: bigint): bigint => BigInt.asIntN(64, value);
const u32 = (value: bigint): number => Number(BigInt.asUintN(32, value));
const s32 = (value: bigint): number => Number(BigInt.asIntN(32, value));
const wide = (value: number): bigint => BigInt(value >>> 0);

/** `dst = f(dst, src)` on 64 bits. */
export const alu64: Readonly<Record<AluOperation, Binary>> = {
  add: (a, b) => u64(a + b),
  sub: (a, b) => u64(a - b),
  mul: (a, b) => u64(a * b),
  div: (a, b) => (b === 0n ? 0n : a / b),
  mod: (a, b) => (b === 0n ? a : a % b),
  sdiv: (a, b) => (b === 0n ? 0n : u64(s64(a) / s64(b))),
  smod: (a, b) => (b === 0n ? a : u64(s64(a) % s64(b))),
  or: (a, b) => a | b,
  and: (a, b) => a & b,
  xor: (a, b) => a ^ b,
  lsh: (a, b) => u64(a << (b & 63n)),
  rsh: (a, b) => a >> (b & 63n),
  arsh: (a, b) => u64(s64(a) >> (b & 63n)),
  mov: (_, b) => b,
};

/** `dst = f(dst, src)` on the lower 32 bits; the upper half of the result is zero. */
export const alu32: Readonly<Record<AluOperation, Binary>> = {
  add: (a, b) => wide(u32(a) + u32(b)),
  sub: (a, b) => wide(u32(a) - u32(b)),
  mul: (a, b) => wide(Math.imul(u32(a), u32(b))),
  div: (a, b) => (u32(b) === 0 ? 0n : wide(u32(a) / u32(b))),
  mod: (a, b) => wide(u32(b) === 0 ? u32(a) : u32(a) % u32(b)),
  sdiv: (a, b) => (s32(b) === 0 ? 0n : wide(Math.trunc(s32(a) / s32(b)))),
  smod: (a, b) => wide(s32(b) === 0 ? u32(a) : s32(a) % s32(b)),
  or: (a, b) => wide(u32(a) | u32(b)),
  and: (a, b) => wide(u32(a) & u32(b)),
  xor: (a, b) => wide(u32(a) ^ u32(b)),
  lsh: (a, b) => wide(u32(a) << (u32(b) & 31)),
  rsh: (a, b) => wide(u32(a) >>> (u32(b) & 31)),
  arsh: (a, b) => wide(s32(a) >> (u32(b) & 31)),
  mov: (_, b) => wide(u32(b)),
};

/** Conditions on 64 bits. */
export const compare64: Readonly<Record<JumpCondition, Predicate>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  sgt: (a, b) => s64(a) > s64(b),
  sge: (a, b) => s64(a) >= s64(b),
  slt: (a, b) => s64(a) < s64(b),
  sle: (a, b) => s64(a) <= s64(b),
  set: (a, b) => (a & b) !== 0n,
};

/** Conditions on the lower 32 bits. */
export const compare32: Readonly<Record<JumpCondition, Predicate>> = {
  eq: (a, b) => u32(a) === u32(b),
  ne: (a, b) => u32(a) !== u32(b),
  gt: (a, b) => u32(a) > u32(b),
  ge: (a, b) => u32(a) >= u32(b),
  lt: (a, b) => u32(a) < u32(b),
  le: (a, b) => u32(a) <= u32(b),
  sgt: (a, b) => s32(a) > s32(b),
  sge: (a, b) => s32(a) >= s32(b),
  slt: (a, b) => s32(a) < s32(b),
  sle: (a, b) => s32(a) <= s32(b),
  set: (a, b) => (u32(a) & u32(b)) !== 0,
};

/** `-value` in `bits` bits, the rest zero. */
export const negated = (value: bigint, bits: 32 | 64): bigint => BigInt.asUintN(bits, -value);

/** The lower `bits` bits of `value` as a signed number, in 64 bits. */
export const signExtended = (value: bigint, bits: number): bigint => u64(BigInt.asIntN(bits, value));

/** The lower `bits` bits of `value` in the order asked for on a little-endian machine, the rest zero. */
export const byteSwapped = (value: bigint, order: 'be' | 'le' | 'swap', bits: 16 | 32 | 64): bigint => {
  let rest = BigInt.asUintN(bits, value);
  if (order === 'le') {
    return rest;
  }
  let result = 0n;
  for (let byte = 0; byte < bits; byte += 8) {
    result = (result << 8n) | (rest & 0xffn);
    rest >>= 8n;
  }
  return result;
};
