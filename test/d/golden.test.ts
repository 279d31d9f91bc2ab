/**
 * Golden programs. `err.D_TAG.NAME.d` must fail to compile with that tag and exactly the text of its `.r`;
 * `tst.NAME.d` must compile. A first line `@arguments a b`, in a comment, gives the macro
 * arguments.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { renderDiagnostic } from '../../src/d/diagnostic.js';
import { checkText, diagnosticOf } from './check/support.js';

const folder = fileURLToPath(new URL('golden', import.meta.url));
const sources = fileURLToPath(new URL('../../src/d', import.meta.url));
const programs = readdirSync(folder).filter((name) => name.endsWith('.d'));

/** The program and the macro arguments that its first line asks for. */
function load(name: string): { readonly text: string; readonly macros: ReadonlyMap<string, string> } {
  const text = readFileSync(join(folder, name), 'utf8');
  const words = /^\/\* @arguments (.*) \*\//.exec(text)?.[1]?.split(' ') ?? [];
  return { text, macros: new Map(words.map((word, index) => [String(index + 1), word])) };
}

describe('programs that must not compile', () => {
  it.each(programs.filter((name) => name.startsWith('err.')))('%s', async (name) => {
    const { text, macros } = load(name);
    const diagnostic = diagnosticOf(() => checkText(text, { macros }, name));
    expect(diagnostic.tag).toBe(name.split('.')[1]);
    const rendered = renderDiagnostic(diagnostic, { errorTags: true, terminal: false });
    await expect(`${rendered}\n`).toMatchFileSnapshot(join(folder, name.replace(/\.d$/, '.r')));
  });

  it('every tag that the front end can give has one', () => {
    const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /^(check\/.*|lexer[^/]*|parser[^/]*|printf-[^/]*)\.ts$/.test(file),
    );
    const raised = new Set(
      files.flatMap((file) => readFileSync(join(sources, file), 'utf8').match(/(?<=['"])D_[A-Z_]+(?=['"])/g) ?? []),
    );
    const tested = new Set(programs.map((name) => name.split('.')[1]));
    expect(raised.size).toBeGreaterThan(80);
    expect([...raised].filter((tag) => !tested.has(tag)).sort()).toEqual([]);
  });
});

describe('programs that must compile', () => {
  it.each(programs.filter((name) => name.startsWith('tst.')))('%s', (name) => {
    const { text, macros } = load(name);
    expect(checkText(text, { macros }, name).clauses.length).toBeGreaterThan(0);
  });
});
