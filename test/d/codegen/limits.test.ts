import { describe, expect, it } from 'vitest';
import { loadProgram } from '../../../src/bpf/loader.js';
import { createMaps } from '../../../src/bpf/map.js';
import { CompileError } from '../../../src/d/diagnostic.js';
import { kernelTest } from '../../kernel-test.js';
import { runInInterpreter, runInKernel, sessionMaps } from './backend.js';
import { compile } from './compile.js';
import { fixedKernel } from './fixed-kernel.js';
import { kernel, task } from './live.js';

const repeat = (count: number, text: (index: number) => string, separator = ''): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(separator);

const strings = (count: number): string =>
  `string x; BEGIN { printf("${'%s'.repeat(count)}", ${repeat(count, () => 'x', ', ')}); }`;

const chain = (variable: string, length: number): string =>
  `(${repeat(length, (index) => `${variable} == ${index} ? ${index * index} : `)}-1)`;

/** [what, the program, strsize] of programs at the limits: the last ones that are accepted, or the hardest to verify. */
const accepted: readonly (readonly [string, string, number?])[] = [
  ['a string of nearly 32 KiB', 'BEGIN { x = "a"; y = x; trace(y); }', 32_000],
  ['a self-> string of nearly 32 KiB', 'BEGIN { self->x = "a"; trace(self->x); }', 32_000],
  ['a comparison of long strings', 'string y; BEGIN { x = "a"; trace(x < y); }', 15_000],
  ['a long string as a key', 'BEGIN { x = "a"; @[x] = count(); a[x] = x; }', 5000],
  ['127 strings in a record', strings(127)],
  ['40 integer keys', `BEGIN { @[${repeat(40, (index) => `${index}`, ', ')}] = count(); }`],
  ['40 string keys', `BEGIN { @[${repeat(40, () => 'execname', ', ')}] = count(); }`],
  ['255 clauses', repeat(255, (index) => `BEGIN { trace(${index}); } `)],
  ['127 clauses with aggregations', repeat(127, (index) => `BEGIN { @a${index}[pid] = count(); } `)],
  ['1400 statements', `int x; BEGIN { ${repeat(1400, () => 'x += pid;')} }`],
  ['700 divisions', `int x, y; BEGIN { ${repeat(700, () => 'x /= y;')} }`],
  ['400 quantize()', `int x; BEGIN { ${repeat(400, () => '@ = quantize(x);')} }`],
  ['100 copies of long strings', `string x, y; BEGIN { ${repeat(100, () => 'x = y;')} }`, 4096],
  ['ternaries 100 deep', `BEGIN { x = ${repeat(100, (i) => `pid == ${i} ? "a${i}" : `)}"z"; trace(x); }`],
  [
    'three sums of 40 paths each, compared',
    `BEGIN { trace((${chain('pid', 40)} + ${chain('tid', 40)} + ${chain('uid', 40)}) == 5 ? 1 : 2); }`,
  ],
  [
    '24 associative arrays, other variables and syncs',
    `BEGIN { ${repeat(24, (i) => `a${i}[pid] = 1; `)} @[execname] = count(); x = 1; self->y = sync(); }`,
  ],
  ['60 string conditions', `string x, y; BEGIN { ${repeat(60, () => 'x = x < y ? x : y;')} }`],
];

/** [what, the program, strsize, what the message says]. */
const refused: readonly (readonly [string, string, number, RegExp])[] = [
  ['a record beyond 32 KiB', strings(128), 256, /records \d+ bytes at a time, more than 32768/],
  ['a string beyond 32 KiB', 'BEGIN { x = "a"; trace(x == "b"); }', 65_536, /strings and variables need \d+ bytes/],
  ['keys beyond 32 KiB', 'BEGIN { x = "a"; a[x] = x; }', 16_384, /strings and variables need \d+ bytes/],
  ['self-> strings', `BEGIN { ${repeat(129, (i) => `self->x${i} = "a";`)} }`, 256, /self-> variables .* need 33024/],
  ['this-> strings', `BEGIN { ${repeat(129, (i) => `this->x${i} = "a";`)} }`, 256, /strings and variables need/],
  ['25 associative arrays', `BEGIN { ${repeat(25, (i) => `a${i}[pid] = 1;`)} }`, 256, /25 associative arrays, more/],
  ['256 clauses', repeat(256, (i) => `BEGIN { trace(${i}); } `), 256, /256 clauses .* make 257 functions/],
  ['256 keyed aggregations', `BEGIN { ${repeat(256, (i) => `@a${i}[pid] = count();`)} }`, 256, /make 258 functions/],
  ['3000 statements', `int x; BEGIN { ${repeat(3000, () => 'x += pid;')} }`, 256, /too long for one function/],
  ['300 copies', `string x, y; BEGIN { ${repeat(300, () => 'x = y;')} }`, 4096, /verifier would have to follow/],
];

describe('programs at the limits', () => {
  for (const [what, text, stringSize = 256] of accepted) {
    kernelTest(`load: ${what}`, () => {
      const enabling = compile(text, { kernel, stringSize });
      const maps = createMaps([...enabling.maps, ...sessionMaps(enabling.memory.shape, [0])]);
      try {
        for (const { spec } of enabling.sites) loadProgram(spec, maps).close();
      } finally {
        for (const map of maps.values()) map.close();
      }
      expect(enabling.sites).toHaveLength(1);
    });
  }
});

describe('programs beyond the limits', () => {
  it.each(refused)('are refused with D_CG_SIZE: %s', (_what, text, stringSize, message) => {
    let error: unknown;
    try {
      compile(text, { kernel: fixedKernel, stringSize });
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(CompileError);
    const { tag, message: said, span } = (error as CompileError).diagnostic;
    expect([tag, span.source.name]).toEqual(['D_CG_SIZE', 'test.d']);
    expect(said).toMatch(message);
  });

  it('are refused with D_CG_SIZE: aggregations beyond what pointers reach', () => {
    const keys = repeat(16, () => 'x', ', ');
    const text = `string x; BEGIN { ${repeat(16, (i) => `@a${i}[${keys}] = count();`)} }`;
    expect(() => compile(text, { kernel: fixedKernel, stringSize: 1500, shape: { slots: 128 } })).toThrow(
      /the aggregations need \d+ bytes/,
    );
  });
});

describe('a record larger than the buffer', () => {
  const text = 'string x; BEGIN { printf("%s%s", x, x); } BEGIN { trace(1); }';

  it('is always a drop, and smaller ones are kept', () => {
    const outcome = runInInterpreter(compile(text, { kernel, shape: { bufferSize: 512 } }), kernel, task);
    expect([outcome.drops.principal, outcome.records.map(({ epid }) => epid)]).toEqual([1, [3]]);
  });

  kernelTest('loads', () => {
    expect(runInKernel(compile(text, { kernel, shape: { bufferSize: 512 } })).drops.principal).toBe(1);
  });
});
