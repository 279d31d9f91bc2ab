/** Random instructions for property tests: every form, with every operation, size and register. */

import fc from 'fast-check';
import { aluCode, atomicCode, jumpCode, registers } from '../../src/bpf/assembly/opcode.js';
import type { AluOperation, AtomicOperation, Instruction, JumpCondition } from '../../src/bpf/instruction.js';

const register = fc.constantFrom(...registers);
const immediate = fc.oneof(fc.constantFrom(0, 1, -1, 0x7fffffff, -0x80000000), fc.integer());
const operand = fc.oneof(register, immediate);
const offset = fc.integer({ min: -32768, max: 32767 });
const bits = fc.constantFrom(32 as const, 64 as const);
const size = fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const);
const keys = <Key extends string>(table: Readonly<Record<Key, number>>) =>
  fc.constantFrom(...(Object.keys(table) as Key[]));

const form = <Kind extends Instruction['kind']>(
  kind: Kind,
  fields: { [Field in Exclude<keyof Extract<Instruction, { kind: Kind }>, 'kind'>]: fc.Arbitrary<unknown> },
): fc.Arbitrary<Instruction> =>
  fc.record({ kind: fc.constant(kind), ...fields }) as unknown as fc.Arbitrary<Instruction>;

/** Any instruction; jumps lead to one of `labels`, calls to one of `functions`. */
export const arbitraryInstruction = (
  labels: readonly string[],
  functions: readonly string[],
): fc.Arbitrary<Instruction> =>
  fc.oneof(
    form('alu', { bits, operation: keys<AluOperation>(aluCode), dst: register, src: operand }),
    form('sign-extend', { bits: fc.constantFrom(8, 16, 32), dst: register, src: register }),
    form('negate', { bits, dst: register }),
    form('byte-swap', {
      order: fc.constantFrom('be', 'le', 'swap'),
      bits: fc.constantFrom(16, 32, 64),
      dst: register,
    }),
    form('load-immediate-64', { dst: register, value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) }),
    form('load-map', { dst: register, map: fc.constant('map#0') }),
    form('load-map-value', { dst: register, map: fc.constant('map#0'), offset: immediate }),
    form('load', { size, signed: fc.constant(false), dst: register, base: register, offset }),
    form('load', {
      size: fc.constantFrom(1, 2, 4),
      signed: fc.constant(true),
      dst: register,
      base: register,
      offset,
    }),
    form('store', { size, base: register, offset, src: operand }),
    form('atomic', {
      operation: keys<AtomicOperation>(atomicCode),
      size: fc.constantFrom(4, 8),
      base: register,
      offset,
      src: register,
    }),
    form('jump', { target: fc.constantFrom(...labels) }),
    form('jump-if', {
      bits,
      condition: keys<JumpCondition>(jumpCode),
      dst: register,
      src: operand,
      target: fc.constantFrom(...labels),
    }),
    form('call-helper', { helper: fc.nat() }),
    form('call-function', { target: fc.constantFrom(...functions) }),
    form('call-kernel', { name: fc.constant('kernel#0') }),
    form('exit', {}),
  );
