/** Macro variables: `$target`, `$1`, `$$1`. */

import type { Expression } from '../../ast.js';
import type { ProbeDescription } from '../../dif.js';
import { nearest } from '../../nearest.js';
import type { Span } from '../../source.js';
import type { CheckEnvironment } from '../environment.js';
import { type DiagnosticExtras, didYouMean, fail, hinting } from '../fail.js';

const isNumber = (name: string): boolean => /^\d+$/.test(name);

/** The macro variables of a command line, and which of its arguments the programs have used. */
export class Macros {
  readonly #environment: CheckEnvironment;
  readonly #used = new Set<string>();

  constructor(environment: CheckEnvironment) {
    this.#environment = environment;
  }

  /**
   * What a macro variable stands for. `$1` is the integer or identifier that the argument holds, `$$1` its text.
   * @throws {CompileError} D_MACRO_UNDEF, D_MACRO_OFLOW, or D_SYNTAX for an argument that is neither.
   */
  expand(macro: { readonly name: string; readonly span: Span }): Expression {
    const { span } = macro;
    const text = this.#text(macro.name, span);
    if (macro.name.startsWith('$$')) return { kind: 'string', value: text, span };
    const [, sign, digits, suffix = ''] = /^([-+]?)(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)$/.exec(text) ?? [];
    if (digits !== undefined) {
      const octal = /^0\d/.test(digits);
      if (octal && /[89]/.test(digits))
        fail('D_INT_DIGIT', `macro argument ${macro.name} is no octal integer: ${text}`, span);
      const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
      if (value >= 1n << 64n) {
        fail('D_MACRO_OFLOW', `macro argument ${macro.name} does not fit 64 bits: '${text}'`, span);
      }
      const integer: Expression = {
        kind: 'integer',
        value,
        decimal: !octal && !/^0[xX]/.test(digits),
        unsigned: /u/i.test(suffix),
        long: /l/i.test(suffix),
        span,
      };
      return sign === '-' ? { kind: 'unary', operator: '-', operand: integer, span } : integer;
    }
    if (/^[A-Za-z_]\w*$/.test(text)) return { kind: 'identifier', name: text, span };
    return fail(
      'D_SYNTAX',
      `macro argument ${macro.name} is neither an integer nor an identifier: '${text}'`,
      span,
      hinting(`$${macro.name} stands for its text as a string`),
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
      if (!isNumber(name) || name === '0' || this.#used.has(name)) continue;
      fail('D_MACRO_UNUSED', `extraneous argument '${value}': $${name} is not used`, span);
    }
  }

  #text(macro: string, span: Span): string {
    const name = macro.replace(/^\$+/, '');
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
