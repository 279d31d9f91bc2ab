/** The interpreter against the live kernel: the same programs leave the same memory. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aluCode, jumpCode } from '../../../src/bpf/assembly/opcode.js';
import { helperNumber } from '../../../src/bpf/helper.js';
import {
  type AluOperation,
  type AssemblyItem,
  alu,
  alu32,
  callFunction,
  callHelper,
  exit,
  functionStart,
  type Instruction,
  jumpIf,
  label,
  load,
  loadConstant,
  loadMap,
  loadMapValue,
  move,
  type Register,
  store,
} from '../../../src/bpf/instruction.js';
import { arrayBytes, run } from '../../../src/bpf/interpreter/index.js';
import { loadProgram } from '../../../src/bpf/loader.js';
import { createMaps } from '../../../src/bpf/map.js';
import { runProgram } from '../../../src/bpf/run.js';
import type { MapSpec } from '../../../src/bpf/spec.js';
import { kernelSkipReason, kernelTest } from '../../kernel-test.js';
import { operands } from './alu-results.js';
import { prepare } from './machine.js';

const out: MapSpec = { name: 'out', type: 'array', keySize: 4, valueSize: 16384, maxEntries: 1, mapped: true };

const inKernel = (items: readonly AssemblyItem[], maps: readonly MapSpec[]): Uint8Array => {
  const created = createMaps(maps);
  try {
    const program = loadProgram(
      { name: 'differential', kind: { type: 'raw-tracepoint' }, items: [functionStart('main', 1, 'global'), ...items] },
      created,
    );
    try {
      runProgram(program);
      return created.get('out')?.memory?.bytes.slice() ?? new Uint8Array();
    } finally {
      program.close();
    }
  } finally {
    for (const map of created.values()) {
      map.close();
    }
  }
};

const inInterpreter = (items: readonly AssemblyItem[], maps: readonly MapSpec[]): Uint8Array => {
  const { program, memory, state } = prepare(items, { maps });
  expect(run(program, state, memory)).toMatchObject({ kind: 'exit' });
  return arrayBytes(memory, 'out');
};

const words = (bytes: Uint8Array): readonly bigint[] =>
  Array.from(new BigUint64Array(bytes.slice().buffer)).map((word) => BigInt.asUintN(64, word));

/** Runs `items` in both, with r9 pointing to the output; expects some output and the same. */
const expectSame = (
  items: readonly AssemblyItem[],
  maps: readonly MapSpec[] = [],
  after: readonly AssemblyItem[] = [],
) => {
  const all = [loadMapValue('r9', 'out'), ...items, move('r0', 0), exit(), ...after];
  const expected = words(inKernel(all, [...maps, out]));
  expect(expected.some((word) => word !== 0n)).toBe(true);
  expect(words(inInterpreter(all, [...maps, out]))).toEqual(expected);
};

/** Signed division, sign extension and unconditional swaps came together, in Linux 6.6. */
const newForms: readonly Instruction[] = [
  alu('sdiv', 'r1', 'r2'),
  alu('smod', 'r1', 'r2'),
  alu32('sdiv', 'r1', 'r2'),
  alu32('smod', 'r1', 'r2'),
  { kind: 'sign-extend', bits: 8, dst: 'r1', src: 'r2' },
  { kind: 'sign-extend', bits: 16, dst: 'r1', src: 'r2' },
  { kind: 'sign-extend', bits: 32, dst: 'r1', src: 'r2' },
  { kind: 'byte-swap', order: 'swap', bits: 16, dst: 'r1' },
  { kind: 'byte-swap', order: 'swap', bits: 32, dst: 'r1' },
  { kind: 'byte-swap', order: 'swap', bits: 64, dst: 'r1' },
];

const newFormsRefused = (): string | undefined => {
  try {
    inKernel([move('r1', 1), move('r2', 1), ...newForms, move('r0', 0), exit()], [out]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.split('\n')[0] : String(error);
  }
};

const newFormsReason = kernelSkipReason ?? newFormsRefused();

const plainOperations = (Object.keys(aluCode) as AluOperation[]).filter((name) => name !== 'sdiv' && name !== 'smod');

const plainForms: readonly Instruction[] = [
  ...plainOperations.flatMap((operation) => [alu(operation, 'r1', 'r2'), alu32(operation, 'r1', 'r2')]),
  { kind: 'negate', bits: 64, dst: 'r1' },
  { kind: 'negate', bits: 32, dst: 'r1' },
  ...(['be', 'le'] as const).flatMap((order) =>
    ([16, 32, 64] as const).map((bits): Instruction => ({ kind: 'byte-swap', order, bits, dst: 'r1' })),
  ),
];

/** Kernels 6.6 to about 6.11 trap on these, so that no test may run them. */
const traps = (form: Instruction, a: bigint, b: bigint): boolean =>
  form.kind === 'alu' &&
  (form.operation === 'sdiv' || form.operation === 'smod') &&
  BigInt.asIntN(form.bits, b) === -1n &&
  BigInt.asIntN(form.bits, a) === -(1n << BigInt(form.bits - 1));

const everyForm = (forms: readonly Instruction[]): AssemblyItem[] =>
  forms.flatMap((form, row) =>
    operands.flatMap(([a, b], column) =>
      traps(form, a, b)
        ? []
        : [
            loadConstant('r1', a),
            loadConstant('r2', b),
            form,
            store(8, 'r9', (row * operands.length + column) * 8, 'r1'),
          ],
    ),
  );

const register = fc.constantFrom<Register>('r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8');
const interesting = fc.oneof(
  fc.constantFrom(0n, 1n, -1n, 1n << 63n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 1n << 32n),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
);
const size = fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const);
const stackSlot = fc.integer({ min: 1, max: 8 }).map((slot) => -8 * slot);

/** A few instructions on registers that all hold numbers and a stack that is all written. */
const fragment = (index: number): fc.Arbitrary<readonly AssemblyItem[]> =>
  fc.oneof(
    fc
      .record({
        bits: fc.constantFrom(alu, alu32),
        operation: fc.constantFrom(...plainOperations),
        dst: register,
        src: register,
      })
      .map(({ bits, operation, dst, src }) => [bits(operation, dst, src)]),
    fc
      .record({
        operation: fc.constantFrom<AluOperation>('add', 'sub', 'mul', 'and', 'or', 'xor', 'mov'),
        dst: register,
        value: fc.integer(),
      })
      .map(({ operation, dst, value }) => [alu(operation, dst, value)]),
    fc.record({ dst: register, value: interesting }).map(({ dst, value }) => [loadConstant(dst, value)]),
    fc
      .record({ size, src: register, slot: stackSlot })
      .map(({ size: bytes, src, slot }) => [store(bytes, 'r10', slot, src)]),
    fc
      .record({ size, dst: register, slot: stackSlot })
      .map(({ size: bytes, dst, slot }) => [load(bytes, dst, 'r10', slot)]),
    fc
      .record({
        operation: fc.constantFrom('add', 'fetch-add', 'fetch-or', 'fetch-and', 'fetch-xor', 'xchg', 'cmpxchg'),
        size: fc.constantFrom(4, 8),
        src: register,
        offset: fc.nat(3).map((word) => 8 * word),
      })
      .map((fields) => [{ kind: 'atomic', base: 'r9', ...fields } as AssemblyItem]),
    fc
      .record({
        bits: fc.constantFrom(32, 64),
        condition: fc.constantFrom(...Object.keys(jumpCode)),
        dst: register,
        src: fc.oneof(register, fc.integer()),
        value: fc.integer(),
      })
      .map(({ value, ...fields }) => [
        { kind: 'jump-if', target: `skip${index}`, ...fields } as AssemblyItem,
        alu('add', fields.dst, value),
        label(`skip${index}`),
      ]),
  );

const randomProgram = fc
  .tuple(
    fc.array(interesting, { minLength: 9, maxLength: 9 }),
    fc
      .integer({ min: 1, max: 40 })
      .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => fragment(index)))),
  )
  .map(([values, fragments]): AssemblyItem[] => [
    ...Array.from({ length: 8 }, (_, slot) => store(8, 'r10', -8 * (slot + 1), slot)),
    ...values.map((value, number) => loadConstant(`r${number}` as Register, value)),
    ...fragments.flat(),
    ...values.map((_, number) => store(8, 'r9', 64 + 8 * number, `r${number}` as Register)),
    store(8, 'r9', 56, 1),
  ]);

interface MapAction {
  readonly act: 'update' | 'delete' | 'lookup';
  readonly key: number;
  readonly flags: number;
}

const mapAction = fc.record<MapAction>({
  act: fc.constantFrom('update', 'update', 'delete', 'lookup'),
  key: fc.nat(5),
  flags: fc.constantFrom(0, 0, 1, 2, 3),
});

/** Performs the action and stores what it returned; for lookups the value. */
const perform = ({ act, key, flags }: MapAction, index: number): AssemblyItem[] => [
  store(4, 'r10', -4, key),
  store(8, 'r10', -16, index + 1),
  loadMap('r1', 'm'),
  move('r2', 'r10'),
  alu('add', 'r2', -4),
  ...(act === 'update' ? [move('r3', 'r10'), alu('add', 'r3', -16), move('r4', flags)] : []),
  callHelper(helperNumber[act === 'update' ? 'mapUpdateElem' : act === 'delete' ? 'mapDeleteElem' : 'mapLookupElem']),
  ...(act === 'lookup'
    ? [jumpIf('eq', 'r0', 0, `none${index}`), load(8, 'r0', 'r0', 0), alu('add', 'r0', 1000), label(`none${index}`)]
    : []),
  store(8, 'r9', index * 8, 'r0'),
];

const addresses = [0n, 8n, 0x7000n, 1n << 63n, 0xffff800000000000n, 0xfffffffffffff000n];

describe('the interpreter and the kernel agree', () => {
  kernelTest('on every arithmetic form, for every pair of edge cases', () => {
    expectSame(everyForm(plainForms));
  });

  if (newFormsReason === undefined) {
    it('on the forms of Linux 6.6, for every pair of edge cases', () => {
      expectSame(everyForm(newForms));
    });
  } else {
    it.skip(`on the forms of Linux 6.6, for every pair of edge cases [skipped: ${newFormsReason}]`);
  }

  kernelTest(
    'on random programs of arithmetic, jumps, stack accesses and atomics',
    () => {
      fc.assert(
        fc.property(randomProgram, (items) => expectSame(items)),
        { numRuns: 100 },
      );
    },
    60_000,
  );

  for (const type of ['array', 'hash', 'percpu-array', 'percpu-hash'] as const) {
    kernelTest(
      `on what updates, deletions and lookups of maps of type ${type} return`,
      () => {
        const map: MapSpec = { name: 'm', type, keySize: 4, valueSize: 8, maxEntries: 4 };
        fc.assert(
          fc.property(fc.array(mapAction, { minLength: 1, maxLength: 60, size: 'max' }), (actions) =>
            expectSame([...actions.flatMap(perform), store(8, 'r9', 8000, 1)], [map]),
          ),
          { numRuns: 25 },
        );
      },
      60_000,
    );
  }

  kernelTest('on the errors and the buffers of reads from addresses where nothing is', () => {
    const names = ['probeReadKernel', 'probeReadKernelStr', 'probeReadUser', 'probeReadUserStr'] as const;
    const items = names.flatMap((name, row) =>
      addresses.flatMap((address, column) => {
        const offset = (row * addresses.length + column) * 16;
        return [
          store(8, 'r9', offset + 8, -1),
          move('r1', 'r9'),
          alu('add', 'r1', offset + 8),
          move('r2', 4),
          loadConstant('r3', address),
          callHelper(helperNumber[name]),
          store(8, 'r9', offset, 'r0'),
        ];
      }),
    );
    expectSame(items);
  });

  kernelTest('on strings and bytes that the program reads from its own map', () => {
    const text = Buffer.from('dtrace\0linux\0\0\0\0').readBigUInt64LE(0);
    const items = [4, 8, 0].flatMap((length, index) => [
      loadConstant('r1', text),
      store(8, 'r9', 8000, 'r1'),
      store(8, 'r9', index * 16 + 8, -1),
      move('r1', 'r9'),
      alu('add', 'r1', index * 16 + 8),
      move('r2', length),
      move('r3', 'r9'),
      alu('add', 'r3', 8000),
      callHelper(helperNumber.probeReadKernelStr),
      store(8, 'r9', index * 16, 'r0'),
    ]);
    expectSame(items);
  });

  kernelTest('on calls of global and static functions', () => {
    const callee = (name: string, linkage: 'static' | 'global'): AssemblyItem[] => [
      functionStart(name, 2, linkage),
      move('r6', 'r1'),
      store(8, 'r10', -8, 'r2'),
      load(8, 'r0', 'r10', -8),
      alu('sub', 'r0', 'r6'),
      exit(),
    ];
    const calls = ['f', 'g'].flatMap((name, index) => [
      move('r6', 100),
      move('r1', 7),
      move('r2', 50 + index),
      callFunction(name),
      alu('add', 'r0', 'r6'),
      store(8, 'r9', index * 8, 'r0'),
    ]);
    expectSame(calls, [], [...callee('f', 'global'), ...callee('g', 'static')]);
  });
});
