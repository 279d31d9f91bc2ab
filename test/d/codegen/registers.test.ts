import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocateRegisters, type Home, mentions } from '../../../src/d/codegen/expression/registers.js';
import { difosOf } from '../../../src/d/dif/actions.js';
import { generateDif } from '../../../src/d/dif/generate.js';
import { operandsOf, resultOf } from '../../../src/d/dif/operands.js';
import type { Difo, DifProgram } from '../../../src/d/dif.js';
import { arbitraryModel } from '../dif/arbitrary-program.js';
import { difo, int64, string } from '../dif/build.js';
import { cookModel } from '../dif/model/cook.js';

const start = 264;

const everyDifo = (program: DifProgram): readonly Difo[] =>
  program.clauses.flatMap(({ predicate, actions }) => [
    ...(predicate === undefined ? [] : [predicate]),
    ...actions.flatMap(difosOf),
  ]);

/** The bytes or the machine register that a home stands for; nothing for constants. */
const places = (home: Home): readonly (string | number)[] => {
  if (home.kind === 'register') return [home.register];
  if (home.kind === 'constant') return [];
  return Array.from({ length: home.size }, (_, index) => home.offset + index);
};

describe('allocateRegisters', () => {
  it('gives no two registers that live at the same time the same place, in random programs', () => {
    fc.assert(
      fc.property(arbitraryModel({ depth: 7 }), (model) => {
        for (const each of everyDifo(generateDif(cookModel(model, 40), { stringSize: 40 }))) {
          const { homes, end } = allocateRegisters(each, start);
          const first = new Map<number, number>();
          const last = new Map<number, number>();
          for (const [index, instruction] of each.instructions.entries()) {
            const result = resultOf(instruction);
            for (const register of [...operandsOf(instruction), ...(result === undefined ? [] : [result])]) {
              if (!first.has(register)) first.set(register, index);
              last.set(register, index);
            }
          }
          const holder = new Map<string | number, number>();
          const order = [...first].sort(([, a], [, b]) => a - b);
          for (const [register, from] of order) {
            const home = homes[register];
            if (home === undefined) throw new Error(`r${register} has no home`);
            for (const place of places(home)) {
              const other = holder.get(place);
              if (other !== undefined) expect(last.get(other) ?? 0).toBeLessThan(from);
              holder.set(place, register);
              if (typeof place === 'number') expect(place >= start && place < end).toBe(true);
            }
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('spills to memory when more than three integers live, and reuses what is free again', () => {
    const sums = [0, 1, 2, 3, 4].map((dst) => ({ op: 'builtin', dst, variable: 'arg0' }) as const);
    const adds = [
      { op: 'alu', operation: 'add', dst: 5, left: 0, right: 1 },
      { op: 'alu', operation: 'add', dst: 6, left: 2, right: 3 },
      { op: 'alu', operation: 'add', dst: 7, left: 4, right: 5 },
      { op: 'alu', operation: 'add', dst: 8, left: 6, right: 7 },
      { op: 'ret', src: 8 },
    ] as const;
    const { homes, end } = allocateRegisters(difo(new Array(9).fill(int64), [...sums, ...adds]), start);
    expect(homes.slice(0, 5).map((home) => (home.kind === 'register' ? home.register : home.kind))).toEqual([
      'r6',
      'r7',
      'r8',
      'memory',
      'memory',
    ]);
    expect(homes[8]?.kind).toBe('register');
    expect(end).toBe(start + 24);
  });

  it('leaves constants of 32 bits in the instruction, unless two paths meet in them', () => {
    const { homes } = allocateRegisters(
      difo(
        [int64, int64, int64, int64],
        [
          { op: 'setx', dst: 0, value: -5n },
          { op: 'setx', dst: 1, value: 1n << 40n },
          { op: 'branch-if', src: 0, when: 'zero', target: 'a' },
          { op: 'setx', dst: 2, value: 1n },
          { op: 'branch', target: 'b' },
          { op: 'label', name: 'a' },
          { op: 'setx', dst: 2, value: 2n },
          { op: 'label', name: 'b' },
          { op: 'alu', operation: 'add', dst: 3, left: 2, right: 1 },
          { op: 'ret', src: 3 },
        ],
      ),
      start,
    );
    expect(homes.map(({ kind }) => kind)).toEqual(['constant', 'register', 'register', 'register']);
    expect(homes[0]).toEqual({ kind: 'constant', value: -5 });
  });

  it('gives strings whole words of memory', () => {
    const { homes, end } = allocateRegisters(
      difo(
        [string(1), string(9)],
        [
          { op: 'sets', dst: 0, text: '' },
          { op: 'mov', dst: 1, src: 0 },
          { op: 'ret', src: 1 },
        ],
      ),
      start,
    );
    expect(homes).toEqual([
      { kind: 'memory', offset: start, size: 8 },
      { kind: 'memory', offset: start + 8, size: 16 },
    ]);
    expect(end).toBe(start + 24);
  });

  it('sees what the interpreter sees an instruction read and write', () => {
    fc.assert(
      fc.property(arbitraryModel(), (model) => {
        for (const { instructions } of everyDifo(generateDif(cookModel(model, 40), { stringSize: 40 }))) {
          for (const instruction of instructions) {
            const result = resultOf(instruction);
            expect(mentions(instruction)).toEqual({
              reads: operandsOf(instruction),
              writes: result === undefined ? [] : [result],
            });
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
