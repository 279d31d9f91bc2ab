/** What messages call the texts of the command line. */

import type { Source } from '../index.js';

/** What dtrace(1) calls a text in messages about what it enables. */
export interface Title {
  readonly kind: 'script' | 'description';
  readonly name: string;
}

/** The title of a text: a script's path, or the text itself. */
export function titleOf({ origin, name, text }: Source): Title {
  if (origin === 'script') return { kind: 'script', name };
  // dtrace crops a text at its first clause, predicate or semicolon.
  return { kind: 'description', name: text.split(/[{/;]/)[0] ?? '' };
}
