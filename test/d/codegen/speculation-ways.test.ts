/** Random uses of speculations on one CPU, right and wrong: the same in the DIF interpreter, the eBPF interpreter and the kernel. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from './compile.js';
import { kernel, live, task } from './live.js';
import { expectAgreement } from './three-ways.js';

const runs = Number(process.env.DTRACE_LINUX_RUNS ?? 150);

/** What one clause does with the speculation whose number is in a variable. */
const uses = [
  'VAR = speculation(); trace(VAR);',
  'VAR = speculation(); trace(VAR);',
  'speculate(VAR); trace(N);',
  'speculate(VAR); printf("%s %d", "text", N);',
  'speculate(VAR);',
  'this->kept = N; speculate(VAR);',
  'speculate(VAR); trace(N); trace(N / zero);',
  'speculate(VAR); trace(N); commit(VAR);',
  'speculate(VAR); trace(N); discard(VAR);',
  'commit(VAR);',
  'commit(VAR); trace_none = N / zero;',
  'discard(VAR);',
  'discard(VAR); trace(N);',
  'trace(N);',
];

const programs = fc.record({
  clauses: fc.array(fc.record({ use: fc.constantFrom(...uses), variable: fc.constantFrom('a', 'b', 'c') }), {
    minLength: 3,
    maxLength: 20,
  }),
  speculations: fc.constantFrom(0, 1, 1, 2, 3),
  speculationSize: fc.constantFrom(8, 16, 40, 64, 1024),
  bufferSize: fc.constantFrom(2048, 64 * 1024),
});

const text = (clauses: readonly { readonly use: string; readonly variable: string }[]): string =>
  `int zero; int trace_none; int a, b, c; BEGIN { a = speculation(); b = speculation(); } ${clauses
    .map(({ use, variable }, index) => `BEGIN { ${use.replaceAll('VAR', variable).replaceAll('N', `${index}`)} }`)
    .join('\n')} BEGIN { commit(a); } BEGIN { commit(b); } BEGIN { commit(c); }`;

describe('random uses of speculations', () => {
  it(
    `leave the same in the DIF interpreter, the eBPF interpreter${live ? ' and the kernel' : ''}`,
    () => {
      const seen = { records: 0, voided: 0, faults: 0 };
      fc.assert(
        fc.property(programs, ({ clauses, ...shape }) => {
          const { records } = expectAgreement(compile(text(clauses), { kernel, shape }), task, { kernel, live });
          seen.records += records.length;
          seen.voided += records.filter(({ voided }) => voided).length;
          seen.faults += records.filter(({ epid }) => epid === 1).length;
        }),
        { numRuns: runs },
      );
      expect(Object.entries(seen).filter(([, count]) => count === 0)).toEqual([]);
    },
    Math.max(60_000, runs * 400),
  );

  it.each(['speculate', 'commit', 'discard'])('%s() of a number that no speculation has is a fault', (action) => {
    for (const number of ['2', '-1', '1000000', '1']) {
      const program = `BEGIN { x = speculation(); } BEGIN { ${action}(${number}); }`;
      const { records } = expectAgreement(compile(program, { kernel }), task, { kernel, live });
      expect(records.map(({ epid }) => epid)).toEqual(number === '1' ? [] : [1]);
    }
  });
});
