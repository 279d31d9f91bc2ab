import { describe, expect, it } from 'vitest';
import { validateDifo, validateProgram } from '../../../src/d/dif/validate.js';
import type { DifAction, DifInstruction, DifType, DifVariable } from '../../../src/d/dif.js';
import {
  clause,
  constant,
  difo,
  int8,
  int32,
  int64,
  literal,
  program,
  string,
  uint8,
  uint32,
  uint64,
} from './build.js';

const variables: readonly DifVariable[] = [
  { id: 0, name: 'x', scope: 'global', type: int64 },
  { id: 1, name: 'a', scope: 'global', type: string(64), keys: [int32, string(64)] },
];

const problemsOf = (registers: readonly DifType[], instructions: readonly DifInstruction[]) =>
  validateDifo(difo(registers, instructions), { variables, stringSize: 64 }).map(
    ({ pc, problem }) => `${pc}: ${problem}`,
  );

const set = (dst: number, value = 1n): DifInstruction => ({ op: 'setx', dst, value });
const text = (dst: number, value = 'a'): DifInstruction => ({ op: 'sets', dst, text: value });
const ret = (src: number): DifInstruction => ({ op: 'ret', src });
const label = (name: string): DifInstruction => ({ op: 'label', name });
const branch = (target: string): DifInstruction => ({ op: 'branch', target });
const unless = (src: number, target: string): DifInstruction => ({ op: 'branch-if', src, when: 'zero', target });

describe('validateDifo', () => {
  it('accepts two paths that write one register', () => {
    const instructions = [set(0), unless(0, 'no'), set(1), branch('end'), label('no'), set(1), label('end'), ret(1)];
    expect(problemsOf([int32, int64], instructions)).toEqual([]);
  });

  it.each<[string, readonly DifType[], readonly DifInstruction[], readonly string[]]>([
    ['an end without ret', [int64], [set(0)], ['1: the last instruction is not ret']],
    ['an empty list', [int64], [], ['0: the last instruction is not ret']],
    [
      'ret in the middle',
      [int64],
      [set(0), ret(0), ret(0)],
      ['1: ret is not the last instruction', '2: no path leads here'],
    ],
    ['a register that is never written', [int64], [ret(0)], ['0: r0 is read before it is written on every path']],
    [
      'a register that one path leaves unwritten',
      [int64, int64],
      [set(0), unless(0, 'end'), set(1), label('end'), ret(1)],
      ['4: r1 is read before it is written on every path'],
    ],
    [
      'a request of another type than its number',
      [int32, int64],
      [{ op: 'sync', dst: 0 }, { op: 'synced', dst: 1, src: 0 }, ret(1)],
      ["0: r0 holds no request's number", "1: r0 holds no request's number"],
    ],
    ['a branch back', [int64], [label('top'), set(0), unless(0, 'top'), ret(0)], ['2: label top lies behind']],
    ['a branch to nowhere', [int64], [set(0), unless(0, 'x'), ret(0)], ['1: there is no label x']],
    ['a label twice', [int64], [set(0), label('x'), label('x'), ret(0)], ['2: label x stands twice']],
    ['code behind a branch', [int64], [set(0), branch('x'), set(0), label('x'), ret(0)], ['2: no path leads here']],
    ['a register that does not exist', [int64], [set(3), set(0), ret(0)], ['0: there is no register r3']],
    ['a string longer than strsize', [string(65)], [text(0), ret(0)], ['0: r0 is string[65], but strsize is 64']],
    ['a constant out of range', [int8], [set(0, 128n), ret(0)], ['0: 128 is no value of int8']],
    ['a text too long', [string(3)], [text(0, 'aé'), ret(0)], ['0: the text does not fit string[3]']],
    ['a text with a NUL', [string(8)], [text(0, 'a\0b'), ret(0)], ['0: the text has a NUL']],
    [
      'a mov that loses the extension',
      [int64, int32],
      [set(0), { op: 'mov', dst: 1, src: 0 }, ret(1)],
      ['1: int64 does not fit int32'],
    ],
    [
      'a mov of a sign into a narrow unsigned type',
      [int8, uint32],
      [set(0), { op: 'mov', dst: 1, src: 0 }, ret(1)],
      ['1: int8 does not fit uint32'],
    ],
    [
      'a mov of a longer string',
      [string(8), string(4)],
      [text(0), { op: 'mov', dst: 1, src: 0 }, ret(1)],
      ['1: string[8] does not fit string[4]'],
    ],
    [
      'a narrow sum without extend',
      [int32, int32],
      [set(0), { op: 'alu', operation: 'add', dst: 1, left: 0, right: 0 }, ret(1)],
      ['1: the result may be out of the range of int32'],
    ],
    [
      'a narrow signed quotient without extend',
      [int32, int32],
      [set(0), { op: 'alu', operation: 'sdiv', dst: 1, left: 0, right: 0 }, ret(1)],
      ['1: the result may be out of the range of int32'],
    ],
    [
      'an unsigned quotient of signed values',
      [int32, int32],
      [set(0), { op: 'alu', operation: 'udiv', dst: 1, left: 0, right: 0 }, ret(1)],
      ['1: the result may be out of the range of int32'],
    ],
    [
      'a narrow negation without extend',
      [int32, int32],
      [set(0), { op: 'neg', dst: 1, src: 0 }, ret(1)],
      ['1: the result may be out of the range of int32'],
    ],
    [
      'arithmetic on a string',
      [string(4), int64],
      [text(0), set(1), { op: 'alu', operation: 'add', dst: 1, left: 0, right: 1 }, ret(1)],
      ['2: r0 holds no integer'],
    ],
    [
      'an extend into another signedness',
      [int64, uint8],
      [set(0), { op: 'extend', dst: 1, src: 0, bits: 8, signed: true }, ret(1)],
      ['1: int8 does not fit uint8'],
    ],
    [
      'a comparison of strings as integers',
      [string(4), int32],
      [text(0), { op: 'compare', condition: 'eq', dst: 1, left: 0, right: 0 }, ret(1)],
      ['1: r0 holds no integer', '1: r0 holds no integer'],
    ],
    [
      'a load through a narrow register',
      [int32, int32],
      [set(0), { op: 'load', dst: 1, address: 0, size: 4, signed: true, space: 'kernel' }, ret(1)],
      ['1: r0 is no address'],
    ],
    [
      'a load into another type',
      [uint64, int32],
      [set(0), { op: 'load', dst: 1, address: 0, size: 4, signed: false, space: 'kernel' }, ret(1)],
      ['1: a load of uint32 into int32'],
    ],
    [
      'a variable that does not exist',
      [int64],
      [{ op: 'get', dst: 0, variable: 9 }, ret(0)],
      ['0: there is no variable 9'],
    ],
    [
      'an array read as a scalar',
      [string(64)],
      [{ op: 'get', dst: 0, variable: 1 }, ret(0)],
      ['0: a has another shape'],
    ],
    [
      'a variable of another type',
      [int32],
      [set(0), { op: 'set', variable: 0, src: 0 }, ret(0)],
      ['1: int32 where int64 belongs'],
    ],
    [
      'too few keys',
      [int32, string(64)],
      [set(0), { op: 'get-element', dst: 1, variable: 1, keys: [0] }, ret(1)],
      ['1: a has 2 keys, not 1'],
    ],
    [
      'a key of another type',
      [uint32, string(4), string(64)],
      [set(0), text(1), { op: 'get-element', dst: 2, variable: 1, keys: [0, 1] }, ret(2)],
      ['2: uint32 where int32 belongs'],
    ],
  ])('refuses %s', (_, registers, instructions, expected) => {
    expect(problemsOf(registers, instructions)).toEqual(expected);
  });

  it('refuses a ret of another type than that of the DIFO', () => {
    const unit = { ...constant(1n, int32), type: int64 };
    expect(validateDifo(unit, { variables, stringSize: 64 })).toEqual([
      { pc: 1, problem: 'ret of int32 from a DIFO of type int64' },
    ]);
  });
});

type Bare<T> = T extends unknown ? Omit<T, 'span'> : never;

describe('validateProgram', () => {
  const trace = (offset: number, size: number, unit = constant(1n)): Bare<DifAction> => ({
    kind: 'trace',
    field: { difo: unit, offset, size },
  });
  const aggregation = { id: 0, name: 'a', function: 'sum', keys: [string(8)], signed: true } as const;
  const sum = (keys = [literal('k')], argument: ReturnType<typeof constant> | undefined = constant(1n)) =>
    ({ kind: 'aggregate', aggregation: 0, keys, argument }) as const;

  it.each<[string, Bare<DifAction>, number, readonly string[]]>([
    ['a good record', trace(8, 8), 16, []],
    ['a good aggregation', sum(), 0, []],
    ['a field of another size', trace(8, 4), 16, ['a field of 4 bytes holds int64']],
    ['a field in the header', trace(0, 8), 16, ['a field lies at 0, where 8 bytes are taken']],
    ['a field out of line', trace(12, 8), 24, ['a field lies at 12, where 8 bytes are taken']],
    ['a string out of line', trace(12, 2, literal('k')), 24, ['a field lies at 12, where 8 bytes are taken']],
    ['a record too short', trace(8, 8), 8, ['a record of 8 bytes for 16']],
    ['a record that is no multiple of 8', trace(8, 4, constant(1n, int32)), 12, ['a record of 12 bytes for 12']],
    ['a missing key', sum([]), 0, ['@a has 1 keys, not 0']],
    ['a key too long', sum([literal('k', 9)]), 0, ['key 1 of @a has type string[9]']],
    ['a narrow argument', sum(undefined, constant(1n, int32)), 0, ['the argument of sum() has type int32']],
    [
      'an invalid DIFO',
      trace(8, 8, difo([int64], [ret(0)])),
      16,
      ['pc 0: r0 is read before it is written on every path'],
    ],
  ])('%s', (_, action, recordSize, expected) => {
    const clauses = [clause(2, [action], { recordSize })];
    expect(validateProgram(program({ clauses, aggregations: [aggregation] }))).toEqual(
      expected.map((problem) => `enabled probe 2: ${problem}`),
    );
  });

  const one = constant(1n, int32);
  const speculate: Bare<DifAction> = { kind: 'speculate', difo: one };
  const commit: Bare<DifAction> = { kind: 'commit', difo: one };

  it.each<[string, readonly Bare<DifAction>[], number, readonly string[]]>([
    ['a speculative record', [speculate, trace(8, 8)], 16, []],
    ['one that is committed at once', [speculate, trace(8, 8), commit], 16, []],
    ['a number of another type', [{ kind: 'discard', difo: constant(1n) }], 0, ['discard has a number of type int64']],
    ['two speculations', [speculate, speculate], 0, ['two actions speculate']],
    ['two commits', [commit, commit], 0, ['two actions commit']],
    ['a field before it', [trace(8, 8), speculate], 16, ['a field is recorded before speculate']],
    [
      'a field after commit',
      [commit, trace(8, 8)],
      16,
      ['a field is recorded after commit', 'a clause that commits has a record of its own'],
    ],
    ['an aggregation in it', [speculate, sum()], 0, ['aggregate in a clause that speculates']],
    ['a speculation after commit', [commit, speculate], 8, ['commit before speculate']],
  ])('on speculations: %s', (_, actions, recordSize, expected) => {
    const clauses = [clause(2, actions, { recordSize })];
    expect(validateProgram(program({ clauses, aggregations: [aggregation] }))).toEqual(
      expected.map((problem) => `enabled probe 2: ${problem}`),
    );
  });
});
