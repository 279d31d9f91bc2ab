import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kernelTest } from '../../kernel-test.js';
import { arbitraryModel } from '../dif/arbitrary-program.js';
import type { ModelProgram } from '../dif/model/program.js';
import { modelText } from '../dif/model/text.js';
import { runInInterpreter, runInSession } from './backend.js';
import { compile } from './compile.js';
import { kernel, live, task } from './live.js';
import { expectAgreement, withoutRefusals } from './three-ways.js';

/** Random programs to run; DTRACE_LINUX_RUNS=10000 for the long run. */
const runs = Number(process.env.DTRACE_LINUX_RUNS ?? 800);

const probes = fc.constantFrom('BEGIN', 'BEGIN', 'END', 'ERROR', 'BEGIN, END');

/** A program with its clauses spread over the probes, and a last clause that records every scalar. */
function programText(model: ModelProgram, places: readonly string[]): string {
  let index = 0;
  const body = modelText(model).replace(/^BEGIN /gm, () => `${places[index++ % places.length]} `);
  const scalars = [...model.variables.values()]
    .filter(({ name, keys }) => keys === undefined && new RegExp(`\\b${name}\\b`).test(body))
    .map(({ name, scope }) => `trace(${scope === 'thread' ? 'self->' : scope === 'clause' ? 'this->' : ''}${name});`);
  return `${body}BEGIN, END { ${scalars.join(' ')} }\n`;
}

const programs = fc
  .record({
    model: fc.oneof(
      { weight: 5, arbitrary: arbitraryModel({ clauses: 6 }) },
      { weight: 1, arbitrary: arbitraryModel({ clauses: 3, statements: 12, depth: 8 }) },
    ),
    places: fc.array(probes, { minLength: 1, maxLength: 6 }),
    stringSize: fc.constantFrom(7, 16, 40, 256),
  })
  .map(({ model, places, stringSize }) => ({ text: programText(model, places), stringSize }));

describe('random programs', () => {
  it(
    `leave the same in the DIF interpreter, the eBPF interpreter${live ? ' and the kernel' : ''}`,
    () => {
      fc.assert(
        fc.property(programs, ({ text, stringSize }) => {
          expectAgreement(compile(text, { kernel, stringSize }), task, { kernel, live });
        }),
        {
          numRuns: runs,
          reporter: (details) => {
            const program = details.counterexample?.[0];
            if (!details.failed) return;
            const report = `after ${details.numRuns} runs, seed ${details.seed}, path ${details.counterexamplePath}`;
            throw new Error(`strsize ${program?.stringSize}\n${program?.text}\n${report}`, {
              cause: details.errorInstance,
            });
          },
        },
      );
    },
    Math.max(60_000, runs * 300),
  );

  kernelTest('leave the same in a session, halves switched on the way', () => {
    for (const { text, stringSize } of fc.sample(programs, { numRuns: Math.ceil(runs / 10), seed: runs })) {
      const enabling = compile(text, { kernel, stringSize });
      const { globals: _globals, elements: _elements, ...expected } = runInInterpreter(enabling, kernel, task);
      expect(
        withoutRefusals(expected, () => runInSession(enabling, kernel)),
        text,
      ).toEqual(expected);
    }
  });

  it('are worth running: they record, fault, exit and aggregate', () => {
    const seen = { records: 0, faults: 0, voided: 0, exits: 0, aggregations: 0, elements: 0 };
    for (const { text, stringSize } of fc.sample(programs, { numRuns: 60, seed: 1 })) {
      const outcome = expectAgreement(compile(text, { kernel, stringSize }), task, { kernel, live: false });
      seen.records += outcome.records.length;
      seen.faults += outcome.records.filter(({ epid }) => epid === 1).length;
      seen.voided += outcome.records.filter(({ voided }) => voided).length;
      seen.exits += outcome.exitStatus === 0n ? 0 : 1;
      seen.aggregations += outcome.aggregations.length;
      seen.elements += outcome.elements.length;
    }
    expect(Object.entries(seen).filter(([, count]) => count === 0)).toEqual([]);
  });
});
