/**
 * What formatting a record costs, and writing it: `npx tsx bench/printf-format.ts`. The target is about 1 us a record
 * and 500,000 short lines a second to a file.
 */

import { closeSync, openSync } from 'node:fs';
import { compilePrintf } from '../src/consumer/format/printf.js';
import type { FormatType, FormatValue } from '../src/consumer/format/value.js';
import { Output } from '../src/consumer/output.js';
import { parsePrintf } from '../src/d/printf-format.js';

const int: FormatType = { kind: 'integer', size: 4, signed: true };
const long: FormatType = { kind: 'integer', size: 8, signed: true };
const string: FormatType = { kind: 'string', bound: 256 };

const cases: readonly (readonly [string, readonly FormatType[], (i: number) => readonly FormatValue[]])[] = [
  ['%d\n', [int], (i) => [i]],
  ['%d %s %d\n', [int, string, long], (i) => [i & 0x7fff, 'postgres', i * 1000]],
  ['%-16s %6d %10d\n', [string, int, long], (i) => ['postgres', i & 0x7fff, i * 1000]],
  ['%x %p\n', [long, long], (i) => [i, 0xffff_8000_0000_0000n + BigInt(i)]],
  ['%08x %+d %5.2d\n', [long, int, int], (i) => [i, i & 0xff, i & 0xff]],
  ['%Y %s\n', [long, string], (i) => [1_795_364_794_000_000_000n + BigInt(i) * 1000n, 'read']],
  ['%*d %d %d %d %d %s\n', [int, int, int, int, int, int, string], (i) => [8, i, i, i, i, i, 'read']],
];

function nanosecondsEach(count: number, run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / count;
}

const count = 400_000;
let sum = 0;
for (const [format, types, values] of cases) {
  const print = compilePrintf(parsePrintf(format), types);
  const records = Array.from({ length: 1000 }, (_, i) => values(i * 7919));
  const runs = Array.from({ length: 5 }, () =>
    nanosecondsEach(count, () => {
      for (let i = 0; i < count; i += 1) sum += print(records[i % 1000] ?? []).length;
    }),
  );
  const median = runs.toSorted((a, b) => a - b)[2] ?? 0;
  console.log(`${median.toFixed(0).padStart(6)} ns  ${JSON.stringify(format)}`);
}

const print = compilePrintf(parsePrintf('%d %s %d\n'), [int, string, long]);
const descriptor = openSync('/dev/null', 'w');
const output = new Output(descriptor, { name: '/dev/null' });
const each = nanosecondsEach(count, () => {
  for (let i = 0; i < count; i += 1) output.append(print([i & 0x7fff, 'postgres', i]));
  output.flush();
});
closeSync(descriptor);
console.log(
  `${each.toFixed(0).padStart(6)} ns  "%d %s %d\\n" formatted and written: ${(1000 / each).toFixed(2)} million lines/s`,
);
if (sum === 0) throw new Error('nothing was formatted');
