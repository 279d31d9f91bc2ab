/** How the checker gives up: at the first error, with a diagnostic. */

import { CompileError, type Diagnostic } from '../diagnostic.js';
import type { ErrorTag } from '../error-tags.js';
import type { Span } from '../source.js';

/** What a diagnostic can have besides its tag, message and span. */
export type DiagnosticExtras = Pick<Diagnostic, 'details' | 'hint' | 'related'>;

/**
 * Ends the check.
 * @throws {CompileError} always.
 */
export function fail(tag: ErrorTag, message: string, span: Span, extras: DiagnosticExtras = {}): never {
  throw new CompileError({ tag, message, span, ...extras });
}

/** The extras that hold a hint, if there is one. */
export const hinting = (hint: string | undefined): DiagnosticExtras => (hint === undefined ? {} : { hint });

/** The hint for a name that nothing bears, when `suggestion` is near to it. */
export const didYouMean = (suggestion: string | undefined): DiagnosticExtras =>
  hinting(suggestion === undefined ? undefined : `did you mean ${suggestion}?`);

/** The two detail lines of a type that is not the one asked for. */
export const prototypeDetails = (prototype: string, argument: string, label = 'argument'): DiagnosticExtras => ({
  details: [
    { label: 'prototype', text: prototype },
    { label, text: argument },
  ],
});
