/** Macro variables: `$target`, `$1`, `$$1`. */

import type { ProbeDescription } from '../../dif.js';
import { nearest } from '../../nearest.js';
import type { Span } from '../../source.js';
import type { Expression } from '../../syntax/ast.js';
import { readInteger, readString } from '../../syntax/lexer-literal.js';
import type { CheckEnvironment } from '../environment.js';
import { type DiagnosticExtras, didYouMean, fail, hinting } from '../fail.js';

const isNumber = (name: string): boolean => /^\d+$/.test(name);

/** The integer that an argument holds. */
function integer({ name, span }: Named, negative: boolean, digits: string): Expression {
  const read = readInteger(digits);
  if ('tag' in read) {
    const tag = read.tag === 'D_INT_OFLOW' ? 'D_MACRO_OFLOW' : read.tag;
    return fail(tag, `macro argument ${name} is no integer: ${read.message}`, span, hinting(textHint(name)));
  }
  const operand: Expression = { kind: 'integer', ...read, span };
  return negative ? { kind: 'unary', operator: '-', operand, span } : operand;
}

const textHint = (name: string): string => `$${name} stands for its text as a string`;

interface Named {
  readonly name: string;
  readonly span: Span;
}

/** The macro variables of a command line, and which of its arguments the programs have used. */
export class Macros {
  readonly #environment: CheckEnvironment;
  readonly #used = new Set<string>();

  constructor(environment: CheckEnvironment) {
    this.#environment = environment;
  }

  /**
   * What a macro variable stands for. `$1` is the integer, the identifier or the string in quotes that the argument holds, `$$1`
   * its text; the argument 0 is the path of the script, and `dtrace` in other texts.
   * @throws {CompileError} D_MACRO_UNDEF, D_MACRO_OFLOW, D_INT_DIGIT, or D_SYNTAX for an argument that is none.
   */
  expand(macro: Named): Expression {
    const { span } = macro;
    const text = this.#text(macro.name, span);
    if (macro.name.startsWith('$$')) return { kind: 'string', value: text, span };
    const number = /^([-+]?)(\d.*)$/s.exec(text);
    if (number !== null) return integer(macro, number[1] === '-', number[2] ?? '');
    const quoted = /^"(.*)"$/s.exec(text);
    if (quoted !== null) return { kind: 'string', value: readString(quoted[1] ?? ''), span };
    if (/^[A-Za-z_]\w*$/.test(text)) return { kind: 'identifier', name: text, span };
    return fail(
      'D_SYNTAX',
      `macro argument ${macro.name} is neither an integer, an identifier nor a string in quotes: '${text}'`,
      span,
      hinting(textHint(macro.name)),
    );
  }

  /** The description with the macro variables in its fields replaced. */
  describe(description: ProbeDescription): ProbeDescription {
    const field = (text: string): string =>
      text.replace(/\$\$?([A-Za-z_]\w*|\d+)/g, (name) => this.#text(name, description.span));
    return {
      ...description,
      provider: field(description.provider),
      module: field(description.module),
      function: field(description.function),
      name: field(description.name),
    };
  }

  /**
   * Checks that all numbered arguments were used.
   * @throws {CompileError} D_MACRO_UNUSED at `span`.
   */
  checkUsed(span: Span): void {
    if (this.#environment.defaultArguments) return;
    for (const [name, value] of this.#environment.macros) {
      if (!isNumber(name) || this.#used.has(name)) continue;
      fail('D_MACRO_UNUSED', `extraneous argument '${value}': $${name} is not used`, span);
    }
  }

  #text(macro: string, span: Span): string {
    const name = macro.replace(/^\$+/, '');
    if (name === '0') return span.source.origin === 'script' ? span.source.name : 'dtrace';
    const value = this.#environment.macros.get(name);
    this.#used.add(name);
    if (value !== undefined) return String(value);
    if (!isNumber(name)) fail('D_MACRO_UNDEF', `undefined macro variable: ${macro}`, span, this.#hint(name));
    if (!this.#environment.defaultArguments) fail('D_MACRO_UNDEF', `macro argument ${macro} is not defined`, span);
    return macro.startsWith('$$') ? '' : '0';
  }

  #hint(name: string): DiagnosticExtras {
    if (name === 'target') return hinting('$target needs a command to run (-c) or a process (-p)');
    const near = nearest(name, this.#environment.macros.keys());
    return didYouMean(near === undefined ? undefined : `$${near}`);
  }
}
