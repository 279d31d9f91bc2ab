import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateDif } from '../../../src/d/dif/generate.js';
import { validateProgram } from '../../../src/d/dif/validate.js';
import { checkText } from '../check/support.js';
import { arbitraryDeclarations, arbitraryInteger, arbitraryModel } from './arbitrary-program.js';

import { compareWithOracle, reporter } from './model/compare.js';
import { cookModel } from './model/cook.js';
import type { ModelProgram } from './model/program.js';
import { modelText } from './model/text.js';

const stringSizes = fc.constantFrom(8, 16, 256);

describe('random programs, cooked by hand', () => {
  it('integer expressions have the value that C gives them', () => {
    fc.assert(
      fc.property(arbitraryDeclarations, arbitraryInteger(5), (declarations, value) => {
        const model: ModelProgram = {
          ...declarations,
          clauses: [{ predicate: undefined, statements: [{ kind: 'trace', value }] }],
        };
        compareWithOracle(model, generateDif(cookModel(model, 256), { stringSize: 256 }));
      }),
      { numRuns: 500, reporter },
    );
  });

  it('every generated DIFO keeps the invariants, and programs do what the oracle says', () => {
    fc.assert(
      fc.property(arbitraryModel(), stringSizes, (model, stringSize) => {
        const program = generateDif(cookModel(model, stringSize), { stringSize });
        expect(validateProgram(program)).toEqual([]);
        compareWithOracle(model, program);
      }),
      { numRuns: 300, reporter },
    );
  });
});

describe('random programs, from their text', () => {
  it('compile, keep the invariants and do what the oracle says', () => {
    fc.assert(
      fc.property(arbitraryModel(), stringSizes, (model, stringSize) => {
        const program = generateDif(checkText(modelText(model), { stringSize }), { stringSize });
        expect(validateProgram(program)).toEqual([]);
        compareWithOracle(model, program);
      }),
      { numRuns: 300, reporter },
    );
  });
});
