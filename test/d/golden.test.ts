/**
 * Golden programs. `err.D_TAG.NAME.d` must fail to compile with that tag and exactly the text of its `.r`;
 * `tst.NAME.d` must compile and print its `.r`. A first line `@arguments a b`, in a comment, gives the macro
 * arguments.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compilePrintf } from '../../src/consumer/format/printf.js';
import { recordSizes } from '../../src/consumer/record.js';
import { renderDiagnostic } from '../../src/d/diagnostic.js';
import { generateDif } from '../../src/d/dif/generate.js';
import { type Firing, interpretFiring } from '../../src/d/dif/interpret/interpret-clause.js';
import { createDifStore } from '../../src/d/dif/store.js';
import { validateProgram } from '../../src/d/dif/validate.js';
import type { DifProgram, RecordField } from '../../src/d/dif.js';
import { parsePrintf } from '../../src/d/printf-format.js';
import { recordsOf } from '../../src/session/principal.js';
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
      /^((check|syntax)\/.*|printf-[^/]*)\.ts$/.test(file),
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
  const good = programs.filter((name) => name.startsWith('tst.'));

  it.each(good)('%s, to valid DIF', (name) => {
    expect(validateProgram(compile(name))).toEqual([]);
  });

  // printa() is the consumer's business: what it prints is tested with the kernel.
  it.each(good.filter((name) => !load(name).text.includes('printa(')))('%s prints its .r when interpreted', (name) => {
    expect(`${interpret(compile(name))}\n`).toBe(readFileSync(join(folder, name.replace(/\.d$/, '.r')), 'utf8'));
  });
});

function compile(name: string): DifProgram {
  const { text, macros } = load(name);
  return generateDif(checkText(text, { macros }, name), { stringSize: 256 });
}

/** What the printf() of BEGIN's clauses print. */
function interpret(program: DifProgram): string {
  const firing: Firing = {
    probeId: 1,
    thread: 1n,
    builtin: (variable) => expect.unreachable(`${variable} differs from run to run`),
    load: () => undefined,
    loadString: () => undefined,
  };
  const clauses = program.clauses.filter(({ probes }) => probes.some((probe) => probe.name === 'BEGIN'));
  const { clauses: results } = interpretFiring(clauses, createDifStore(program), firing);
  const sizes = recordSizes(program.clauses);
  return results
    .flatMap(({ epid, record, committed }) => [
      ...(record === undefined ? [] : [printed(program, epid, record)]),
      ...[...recordsOf(committed, sizes)].map((each) => printed(program, each.epid, committed.subarray(each.offset))),
    ])
    .join('');
}

function printed(program: DifProgram, epid: number, record: Uint8Array): string {
  const actions = program.clauses.find((clause) => clause.epid === epid)?.actions ?? [];
  return actions
    .map((action) => {
      if (action.kind !== 'printf') return '';
      const types = action.fields.map(({ difo }) => difo.type);
      return compilePrintf(parsePrintf(action.format), types)(action.fields.map((field) => fieldValue(field, record)));
    })
    .join('');
}

function fieldValue({ difo: { type }, offset, size }: RecordField, record: Uint8Array): bigint | string {
  const bytes = Buffer.from(record.subarray(offset, offset + size));
  if (type.kind !== 'integer') return bytes.toString('latin1').split('\0', 1).join('');
  const value = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
  return type.signed ? BigInt.asIntN(size * 8, value) : value;
}
