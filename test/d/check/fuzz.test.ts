/** Whatever is written, the checker gives a diagnostic or a program of which DIF can be made. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CompileError } from '../../../src/d/diagnostic.js';
import { generateDif } from '../../../src/d/dif/generate.js';
import { validateProgram } from '../../../src/d/dif/validate.js';
import { checkText } from './support.js';

const leaves =
  '0 1 7u 3l 0xffffffff \'c\' "" "text" pid execname timestamp arg0 probefunc NULL x y s p q self->x self->s this->x ' +
  'a[1] self->a["k"] @agg @agg[1] @k["x"] undefined (int*)arg0 (char*)arg1 (void*)arg0 (struct_t*)arg2 count() trace(1) ' +
  'args[0] args[1] args[2] args[4] args[5] args[9]';

const binary = '+ - * / % & | ^ << >> && || ^^ == != < <= > >= , = += -= *= /= <<= >>= &='.split(' ');
const unary = [
  '-',
  '!',
  '~',
  '+',
  '*',
  '&',
  '++',
  '--',
  '(int)',
  '(char *)',
  '(string)',
  '(void)',
  'sizeof ',
  'stringof ',
];
const calls = [
  'copyinstr',
  'stringof',
  'trace',
  'exit',
  'sum',
  'quantize',
  'printf',
  'printa',
  'clear',
  'strlen',
  'foo',
];

const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const inner = tie('expression');
  return {
    expression: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(...leaves.split(' ')),
      fc.tuple(inner, fc.constantFrom(...binary), inner).map(([a, operator, b]) => `(${a} ${operator} ${b})`),
      fc.tuple(fc.constantFrom(...unary), inner).map(([operator, a]) => `(${operator}(${a}))`),
      fc.tuple(inner, fc.constantFrom('++', '--')).map(([a, operator]) => `(${a})${operator}`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      fc.tuple(inner, inner).map(([a, b]) => `(${a})[${b}]`),
      fc.tuple(fc.constantFrom('a', 'self->a', 'this->a', 'b'), inner, inner).map(([a, b, c]) => `${a}[${b}] = (${c})`),
      fc.tuple(fc.constantFrom('@agg', '@k', '@new'), inner, inner).map(([a, b, c]) => `${a}[${b}] = max(${c})`),
      fc.tuple(fc.constantFrom(...calls), inner).map(([name, a]) => `${name}(${a})`),
      fc.tuple(inner, inner).map(([a, b]) => `printf("%d %s", ${a}, ${b})`),
    ),
  };
});

const before =
  'x = 1; y = (uint8_t)2; s = "s"; p = (int *)arg0; q = (char *)arg1; self->x = 1l; self->s = "t"; this->x = 1; ' +
  'a[1] = 2ul; self->a["k"] = execname; @agg = count(); @k["x"] = sum(1);';

it('any statements are refused by a diagnostic or become valid DIF', () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(expression, { minLength: 1, maxLength: 2 }), expression, (statements, predicate) => {
      for (const text of [
        `irq:::handler-return { ${before} ${statements.join('; ')}; }`,
        `BEGIN { ${before} } irq:::handler-return /(${predicate})/ { trace(${statements[0]}); }`,
      ]) {
        try {
          const program = generateDif(checkText(text), { stringSize: 256 });
          expect(validateProgram(program), text).toEqual([]);
          accepted += 1;
        } catch (error) {
          if (!(error instanceof CompileError)) throw new Error(`${text}\n${error}`);
        }
      }
    }),
    { numRuns: 2000 },
  );
  // Of 4000, 110 to 160 as a rule.
  expect(accepted).toBeGreaterThan(40);
});
