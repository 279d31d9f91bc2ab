/** Edge values, one table a subject: every row must come out as said, and the same three ways. */

import { describe, expect, it } from 'vitest';
import type { Enabling } from '../../../src/session/enabling.js';
import { runInInterpreter, runInKernel } from './backend.js';
import { compile } from './compile.js';
import { kernel, live, task } from './live.js';
import type { Outcome } from './outcome.js';
import { expectAgreement, withoutRefusals } from './three-ways.js';

const runAll = (text: string, stringSize = 256): Outcome =>
  expectAgreement(compile(text, { kernel, stringSize }), task, { kernel, live });

/** Both back ends: DIF's interpreter has no such limits. */
const runBoth = (enabling: Enabling): Outcome => {
  const outcome = runInInterpreter(enabling, kernel, task);
  if (live) expect(withoutRefusals(outcome, () => runInKernel(enabling))).toEqual(outcome);
  return outcome;
};

/** The first record of BEGIN clauses as 64-bit numbers. */
const words = (outcome: Outcome, epid: number): readonly bigint[] => {
  const data = Buffer.from(outcome.records.find((record) => record.epid === epid && !record.voided)?.data ?? '', 'hex');
  return Array.from({ length: data.length / 8 }, (_, index) => data.readBigInt64LE(index * 8));
};

/** Strings that a record holds, each `bound` bytes at a multiple of 8. */
const texts = (outcome: Outcome, epid: number, bound: number): readonly string[] => {
  const data = Buffer.from(outcome.records.find((record) => record.epid === epid)?.data ?? '', 'hex');
  const step = (bound + 7) & ~7;
  return Array.from({ length: Math.ceil(data.length / step) }, (_, index) => {
    const bytes = data.subarray(index * step, index * step + bound);
    return bytes.subarray(0, bytes.indexOf(0)).toString('utf8');
  });
};

const types = ['char', 'unsigned char', 'short', 'unsigned short', 'int', 'unsigned int', 'long', 'unsigned long'];

const edgesOf = (type: string): readonly string[] => {
  const bits = { char: 8, short: 16, int: 32, long: 64 }[type.replace('unsigned ', '')] ?? 64;
  const top = 1n << BigInt(bits - 1);
  return type.startsWith('unsigned')
    ? ['0', '1', '2', '63', '64', `${top}ul`, `${top * 2n - 1n}ul`]
    : ['0', '1', '-1', '2', '63', '64', `(-${top - 1n}l - 1)`, `${top - 1n}l`];
};

describe('integer operators', () => {
  const operators = ['+', '-', '*', '&', '|', '^', '<<', '>>', '==', '!=', '<', '<=', '>', '>=', '&&', '||', '^^'];

  it.each(types)('agree on the edges of %s, both operands from variables', (type) => {
    const values = edgesOf(type);
    const clauses = values.flatMap((left) =>
      values.map((right) => {
        const all = operators.map((operator) => `(long)(x ${operator} y)`);
        return `BEGIN { x = ${left}; y = ${right}; printf("${all.map(() => '%d').join(' ')}", ${all.join(', ')}); }`;
      }),
    );
    const outcome = runAll(`${type} x, y; ${clauses.join('\n')}`);
    expect(outcome.records.filter(({ voided }) => !voided)).toHaveLength(values.length ** 2);
  });

  it.each(types)('divide on the edges of %s, and fault by zero', (type) => {
    const values = edgesOf(type);
    const clauses = values.flatMap((left) =>
      values.map((right) => `BEGIN { x = ${left}; y = ${right}; trace((long)(x / y)); trace((long)(x % y)); }`),
    );
    const outcome = runAll(`${type} x, y; ${clauses.join('\n')}`);
    expect(outcome.records.filter(({ epid }) => epid === 1)).toHaveLength(values.length);
    expect(outcome.records.filter(({ voided }) => voided)).toHaveLength(values.length);
  });

  it.each(types)('convert the edges of every type to %s', (to) => {
    const clauses = types.flatMap((from, index) =>
      edgesOf(from).map((value) => `BEGIN { v${index} = ${value}; w = v${index}; trace(w); trace((${to})v${index}); }`),
    );
    const declared = types.map((type, index) => `${type} v${index};`).join(' ');
    const outcome = runAll(`${declared} ${to} w; ${clauses.join('\n')}`);
    expect(outcome.records).toHaveLength(clauses.length);
  });

  it.each([
    ['(-9223372036854775807l - 1) / y', 'long y = -1', -9223372036854775808n],
    ['(-9223372036854775807l - 1) % y', 'long y = -1', 0n],
    ['(-2147483647 - 1) / y', 'int y = -1', -2147483648n],
    ['-7 / y', 'int y = 2', -3n],
    ['-7 % y', 'int y = 2', -1n],
    ['7 % y', 'int y = -2', 1n],
    ['0x8000000000000000ul / y', 'unsigned long y = 3', 3074457345618258602n],
    ['18446744073709551615ul % y', 'unsigned long y = 10', 5n],
    ['1l << y', 'int y = 64', 1n],
    ['1l << y', 'int y = -1', -9223372036854775808n],
    ['-1l >> y', 'int y = 63', -1n],
    ['18446744073709551615ul >> y', 'int y = 63', 1n],
    ['-y', 'unsigned char y = 1', -1n],
    ['~y', 'unsigned char y = 0', -1n],
    ['!y', 'unsigned char y = 0', 1n],
    ['y < 0', 'unsigned char y = 255', 0n],
    ['y < 0', 'char y = -1', 1n],
    ['y < 1u', 'int y = -1', 0n],
    ['y < 1l', 'unsigned int y = 4294967295', 0n],
  ])('(long)(%s) where %s is %d', (expression, declaration, expected) => {
    const [, type = '', name = '', value = ''] = /^(.*) (\w+) = (.*)$/.exec(declaration) ?? [];
    const outcome = runAll(`${type} ${name}; BEGIN { ${name} = ${value}; trace((long)(${expression})); }`);
    expect(words(outcome, 2)).toEqual([expected]);
  });
});

describe('places', () => {
  const places = ['g', 'self->t', 'this->c', 'ga[1, "k"]', 'self->ta[1]'];
  const declared = (type: string): string =>
    `${type} g; self ${type} t; this ${type} c; ${type} ga[int, string]; self ${type} ta[int];`;

  it.each(['char', 'unsigned short', 'int', 'unsigned long'])('of type %s take ++, --, and every op=', (type) => {
    const clauses = places.map((place) => {
      const updates = ['++', '--'].flatMap((step) => [`${place}${step}`, `${step}${place}`]);
      const operators = ['+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>'].map((op) => `${place} ${op}= 3`);
      const all = [
        `${place} = 100`,
        ...updates,
        ...operators,
        `${place} = -1`,
        `${place}++`,
        place,
        `--${place}`,
        place,
      ];
      return `BEGIN { ${all.map((each) => `trace((long)(${each}));`).join(' ')} }`;
    });
    const outcome = runAll(`${declared(type)} ${clauses.join('\n')}`);
    const [first, ...others] = places.map((_, index) => words(outcome, index + 2));
    expect(first?.slice(0, 5)).toEqual([100n, 100n, 102n, 102n, 100n]);
    for (const other of others) expect(other).toEqual(first);
  });

  it('that are assigned 0 or "" are as never assigned, and take values again', () => {
    const outcome = runAll(`
      string gs; self string ts; this string cs; string as[string]; self string tas[int]; int ga[int];
      BEGIN { gs = "a"; self->ts = "b"; this->cs = "c"; as["k"] = "d"; self->tas[1] = "e"; ga[7] = 5; }
      BEGIN { gs = ""; self->ts = ""; this->cs = ""; as["k"] = ""; self->tas[1] = ""; ga[7] = 0; }
      BEGIN { printf("%s%s%s%s%s%d", gs, self->ts, this->cs, as["k"], self->tas[1], ga[7]); }
      BEGIN { self->ts = "again"; as["k"] = "more"; ga[7] = 9; ga[8] = 0; }
      END { printf("%s%s%d", self->ts, as["k"], ga[7]); }`);
    expect(texts(outcome, 4, 256).slice(0, 5)).toEqual(['', '', '', '', '']);
    expect(texts(outcome, 6, 256).slice(0, 2)).toEqual(['again', 'more']);
    expect(outcome.elements).toHaveLength(2);
  });

  it('this-> variables live for one firing, self-> and globals for all', () => {
    const outcome = runAll(`
      this int c; self int t; int g;
      BEGIN { this->c = 1; self->t = 2; g = 3; } BEGIN { trace(this->c); trace(self->t); trace(g); }
      END { trace(this->c); trace(self->t); trace(g); }`);
    const ints = (epid: number): readonly number[] => {
      const data = Buffer.from(outcome.records.find((record) => record.epid === epid)?.data ?? '', 'hex');
      return [0, 4, 8].map((at) => data.readInt32LE(at));
    };
    expect([ints(3), ints(4)]).toEqual([
      [1, 2, 3],
      [0, 2, 3],
    ]);
  });

  it('keys of integers and strings tell tuples apart', () => {
    const outcome = runAll(`
      int a[char, string, unsigned long, string];
      BEGIN { a[-1, "", 0, "x"] = 1; a[-1, "x", 0, ""] = 2; a[1, "", 0, "x"] = 3; a[-1, "", 18446744073709551615ul, "x"] = 4; }
      BEGIN { trace(a[-1, "", 0, "x"]); trace(a[-1, "x", 0, ""]); trace(a[(char)255, "", -1, "x"]); }`);
    expect(outcome.elements).toHaveLength(4);
    expect(Buffer.from(outcome.records[0]?.data ?? '', 'hex').readInt32LE(8)).toBe(4);
  });
});

describe('strings', () => {
  const sizes = [7, 8, 9, 16, 256, 1024, 4096];

  it.each(sizes)('at strsize %d are cut at the bound, wherever they go', (size) => {
    const lengths = [0, 1, size - 2, size - 1, size, size + 20];
    const clauses = lengths.map((length) => {
      const text = 'abcdefgh'.repeat(Math.ceil(length / 8)).slice(0, length);
      return `BEGIN { g = "${text}"; self->t = g; this->c = self->t; a[g] = this->c; @[a[g], execname] = count();
        trace(a[g]); trace(g == "${text}"); trace(g < "b"); trace(g != self->t); }`;
    });
    const outcome = runAll(`string g; self string t; this string c; string a[string]; ${clauses.join('\n')}`, size);
    const kept = lengths.map((length) => 'abcdefgh'.repeat(600).slice(0, Math.min(length, size - 1)));
    expect(lengths.map((_, index) => texts(outcome, index + 2, size)[0])).toEqual(kept);
    expect(outcome.aggregations).toHaveLength(new Set(kept).size);
  });

  it.each([7, 16, 256])('at strsize %d compare as strcmp(3) does', (size) => {
    const values = ['', 'a', 'ab', 'abcdef', 'abcdeg', 'abcdefghi', 'abcdefghj', 'é', '中', 'z', '~', '\u{1f600}'];
    const clauses = values.flatMap((left) =>
      values.map((right) => {
        const all = ['==', '!=', '<', '<=', '>', '>='].map((operator) => `trace(x ${operator} y);`);
        return `BEGIN { x = ${JSON.stringify(left)}; y = ${JSON.stringify(right)}; ${all.join(' ')} }`;
      }),
    );
    const outcome = runAll(`string x, y; ${clauses.join('\n')}`, size);
    const cut = (text: string): Buffer => Buffer.from(text).subarray(0, size - 1);
    for (const [index, left] of values.entries()) {
      for (const [other, right] of values.entries()) {
        // A character that the bound would divide goes as a whole: those rows are left to the interpreters.
        if (Buffer.byteLength(left) >= size || Buffer.byteLength(right) >= size) continue;
        const order = Buffer.compare(cut(left), cut(right));
        const expected = [order === 0, order !== 0, order < 0, order <= 0, order > 0, order >= 0].map(Number);
        const data = Buffer.from(outcome.records[index * values.length + other]?.data ?? '', 'hex');
        expect([0, 4, 8, 12, 16, 20].map((at) => data.readInt32LE(at))).toEqual(expected);
      }
    }
  });

  it.each(sizes)('of different bounds meet in ternaries at strsize %d', (size) => {
    const outcome = runAll(
      `string x; BEGIN { x = "some longer text than that"; }
      BEGIN { trace(pid ? "a" : x); trace(pid ? x : "a"); trace(pid ? execname : "abc"); trace(!pid ? x : ""); }
      BEGIN { x = pid ? "" : "abcdefghijkl"; trace(x); trace(x == ""); trace((pid ? "ab" : x) == "ab"); }`,
      size,
    );
    expect(outcome.records).toHaveLength(2);
  });

  it.each(sizes)('that DTrace defines are cut at strsize %d', (size) => {
    const outcome = runAll('BEGIN { trace(probeprov); trace(probename); trace(execname); trace(probefunc); }', size);
    expect(texts(outcome, 2, Math.min(size, 64))[0]).toBe('dtrace'.slice(0, size - 1));
  });
});

describe('faults', () => {
  const zero = 'int z;';
  const faults = (outcome: Outcome): readonly (readonly bigint[])[] =>
    outcome.records
      .filter(({ epid }) => epid === 1)
      .map(({ data }) => {
        const bytes = Buffer.from(data, 'hex');
        return [0, 8, 24, 32].map((at) => bytes.readBigUInt64LE(at));
      });

  it.each([
    ['in the predicate', 'BEGIN /1 / z/ { trace(1); } BEGIN { trace(2); }', [[2n, 0n, 4n, 0n]], 1],
    ['in the second action', 'BEGIN { trace(1); trace(1 / z); trace(3); } BEGIN { trace(2); }', [[2n, 2n, 4n, 0n]], 1],
    ['in a key', 'BEGIN { @[1 / z] = count(); trace(1); } BEGIN { trace(2); }', [[2n, 1n, 4n, 0n]], 1],
    ['in the argument of an aggregation', 'BEGIN { @ = sum(1 % z); } BEGIN { trace(2); }', [[2n, 1n, 4n, 0n]], 1],
    ['in the third field of printf', 'BEGIN { printf("%d%d%d", 1, 2, 3 / z); }', [[2n, 1n, 4n, 0n]], 0],
    ['in the argument of exit()', 'BEGIN { exit(1 / z); } BEGIN { trace(2); }', [[2n, 1n, 4n, 0n]], 1],
    ['behind exit()', 'BEGIN { exit(3); trace(1 / z); } BEGIN { trace(2); }', [[2n, 2n, 4n, 0n]], 0],
    [
      'of several clauses',
      'BEGIN { trace(1 / z); } BEGIN { g = 1 % z; }',
      [
        [2n, 1n, 4n, 0n],
        [3n, 1n, 4n, 0n],
      ],
      0,
    ],
    ['an address, its value', 'BEGIN { trace(*(int *)8); }', [[2n, 1n, 1n, 8n]], 0],
    ['a string at an address', 'BEGIN { x = stringof((char *)16); }', [[2n, 1n, 1n, 16n]], 0],
  ])('%s end the clause and fire ERROR', (_where, text, expected, kept) => {
    const outcome = runAll(`${zero} ${text}`);
    expect(faults(outcome)).toEqual(expected);
    expect(outcome.records.filter(({ epid, voided }) => epid !== 1 && !voided)).toHaveLength(kept);
  });

  it('give their particulars to the ERROR clauses, as arg1 to arg5, and the probe', () => {
    const outcome = runAll(`${zero}
      ERROR { trace((long)arg1); trace((long)arg2); trace((long)arg4); trace((long)arg5); trace(probename); trace(id); }
      BEGIN { this->x = 1; trace(1); trace(2 / z); }
      BEGIN { trace(probename); trace((long)arg0); trace((long)arg1); trace(id); }`);
    expect(words(outcome, 2).slice(0, 4)).toEqual([3n, 3n, 4n, 0n]);
    expect(outcome.records.map(({ epid, probeId }) => [epid, probeId])).toEqual([
      [3, 1],
      [1, 1],
      [2, 3],
      [4, 1],
    ]);
  });

  it('of an ERROR clause are counted, and the next ERROR clause runs', () => {
    const outcome = runAll(
      `${zero} ERROR { trace(1 / z); } ERROR { trace(5); } BEGIN { trace(1 / z); } BEGIN { trace(2); }`,
    );
    expect(outcome.drops.error).toBe(1);
    expect(outcome.records.map(({ epid, voided }) => `${epid}${voided ? ' void' : ''}`)).toEqual([
      '4 void',
      '1',
      '2 void',
      '3',
      '5',
    ]);
  });
});

describe('exit()', () => {
  it.each([
    ['in the middle of a clause', 'BEGIN { exit(3); trace(1); } BEGIN { trace(2); }', 3n, [2]],
    ['twice in a clause', 'BEGIN { exit(4); exit(5); }', 4n, [2]],
    ['in two clauses', 'BEGIN { exit(6); } BEGIN { exit(7); }', 6n, [2]],
    ['in BEGIN and END', 'BEGIN { exit(8); } END { exit(9); }', 8n, [2, 3]],
    ['in END alone', 'END { exit(10); } END { trace(1); }', 10n, [2]],
    ['with 0, and again', 'BEGIN { exit(0); } END { exit(1); }', 0n, [2, 3]],
    ['with a negative status', 'BEGIN { exit(-1); }', -1n, [2]],
    ['behind a false predicate', 'BEGIN /0/ { exit(1); } BEGIN { trace(1); }', 0n, [3]],
    [
      'in ERROR',
      'int z; ERROR { exit(11); } ERROR { trace(1); } BEGIN { g = 1 / z; } BEGIN { trace(2); }',
      11n,
      [1, 2],
    ],
    [
      'in ERROR, which then faults',
      'int z; ERROR { exit(12); g = 1 / z; } BEGIN { g = 1 / z; } BEGIN { trace(2); }',
      12n,
      [1, 2],
    ],
    ['before a fault', 'int z; BEGIN { exit(13); g = 1 / z; } BEGIN { trace(2); }', 13n, [2, 1]],
  ])('%s', (_where, text, status, epids) => {
    const outcome = runAll(text);
    expect([outcome.exitStatus, outcome.records.map(({ epid }) => epid)]).toEqual([status, epids]);
  });
});

describe('size', () => {
  it('70 clauses on one probe, every third with a predicate, run in order', () => {
    const clauses = Array.from(
      { length: 70 },
      (_, index) =>
        `${index % 7 === 0 ? 'BEGIN, END' : 'BEGIN'} ${index % 3 === 0 ? `/g == ${index}/` : ''} { g = ${index + 1}; trace(g); }`,
    );
    const outcome = runAll(`int g; ${clauses.join('\n')}`);
    expect(outcome.records.slice(0, 70).map(({ epid }) => epid)).toEqual(Array.from({ length: 70 }, (_, i) => i + 2));
  });

  it.each([4, 8, 16, 40])('an expression %d deep keeps every value that waits', (depth) => {
    const text = Array.from({ length: depth }, (_, index) => `(g + ${index}) * (`).join('');
    const outcome = runAll(`long g; BEGIN { g = 3; trace(${text}g${')'.repeat(depth)}); }`);
    const expected = Array.from({ length: depth }, (_, index) => 3n + BigInt(index)).reduce((a, b) => a * b, 3n);
    expect(words(outcome, 2)).toEqual([BigInt.asIntN(64, expected)]);
  });

  it('an array that is full drops what is new, and says how often', () => {
    const stores = Array.from({ length: 20 }, (_, index) => `a[${index}] = 1;`).join(' ');
    const enabling = compile(`int a[int]; BEGIN { ${stores} a[0] = 2; }`, { kernel, shape: { dynamicEntries: 16 } });
    const outcome = runBoth(enabling);
    expect([outcome.drops.dynamic, outcome.elements.length]).toEqual([4, 16]);
  });

  it('an aggregation that is full drops what is new, and says how often', () => {
    const stores = Array.from({ length: 40 }, (_, index) => `@a[${index}] = count();`).join(' ');
    const enabling = compile(`BEGIN { ${stores} @a[0] = count(); }`, { kernel, shape: { aggregationSize: 16 } });
    const outcome = runBoth(enabling);
    expect([outcome.drops.aggregation, outcome.aggregations.length]).toEqual([24, 16]);
  });
});
