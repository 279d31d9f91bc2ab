/** docs/mechanisms.md tells of every mechanism, option and modelled function, and says the verdicts that were found. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Mechanism, mechanisms, type Routine, settle } from '../../src/explorer/index.js';
import { root } from './console.js';

const read = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');

/** The sections of a document by their headings. */
const sectionsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(/^## /m).map((section) => {
      const end = section.indexOf('\n');
      return [section.slice(0, end), section.slice(end)];
    }),
  );

const page = sectionsOf(read('mechanisms.md'));
const verdicts = sectionsOf(read('verdicts.md'));

/** What is between backticks in lines that begin an option or a list of them, taken apart at commas. */
const optionsNamed = (section: string): readonly string[] =>
  [...section.matchAll(/^- (`[^:]*?`):/gms)].flatMap(([, names = '']) => names.replaceAll(/[`\s]/g, '').split(','));

/** All routines of all variants, under both memory models. */
function routinesOf(mechanism: Mechanism): readonly Routine[] {
  return mechanism.variants.flatMap((options) =>
    (['sc', 'tso'] as const).flatMap((memory) => {
      const { tasks, vectors } = settle(mechanism, { options, memory }).model;
      return [...tasks.map(({ routine }) => routine), ...vectors.map(({ handler }) => handler)];
    }),
  );
}

/** Functions and files that a routine stands for. */
const sourcesOf = ({ standsFor }: Routine): readonly string[] =>
  standsFor.match(/\w+\(\)|[\w./-]+\.(?:c|h|ts)\b/g) ?? [];

interface Claim {
  readonly options: string;
  readonly sc: string;
  readonly tso: string;
}

/** What the options of a section are said to come to: the bold words at the ends of their lines. */
function claimsOf(section: string): readonly Claim[] {
  const items = section.split(/^- /m).slice(1);
  return items.flatMap((item) => {
    const [paragraph = ''] = item.split('\n\n');
    const text = paragraph.replaceAll(/\s+/g, ' ');
    const options = /^`([^`]*)`:/.exec(text)?.[1];
    const found = /\*\*(\w+)(?: under SC, (\w+) under TSO)?\.\*\*/.exec(text);
    if (options === undefined || found === null) return [];
    const sc = (found[1] ?? '').toLowerCase();
    return [{ options, sc, tso: found[2] ?? sc }];
  });
}

/** Of a mechanism's table of verdicts with 2 CPUs: options, memory model and verdict of each row. */
const rowsOf = (section: string) =>
  section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.replaceAll(/[`*\s]/g, '')))
    .filter(([, , cpus]) => cpus === '2')
    .map(([, options = '', , memory = '', verdict = '']) => ({
      options,
      memory,
      verdict: verdict.replace(/\(.*/, ''),
    }));

/** Options in force, as the table has them. */
const inForce = (mechanism: Mechanism, options: string): string =>
  [...settle(mechanism, { options: options.split(',') }).setting.options].join(',');

describe('docs/mechanisms.md', () => {
  it('has a section for each mechanism, in their order', () => {
    expect([...page.keys()].slice(1)).toEqual(mechanisms.map(({ name }) => name));
  });
});

describe.each(mechanisms)('docs/mechanisms.md, $name', (mechanism) => {
  const section = page.get(mechanism.name) ?? '';

  it('names each option, and none that is not there', () => {
    const named = new Set(optionsNamed(section));
    expect([...named].sort()).toEqual(mechanism.options.map(({ name }) => name).sort());
  });

  it('names each function and file that its routines stand for', () => {
    const sources = new Set(routinesOf(mechanism).flatMap(sourcesOf));
    expect([...sources].filter((source) => !section.includes(source))).toEqual([]);
  });

  it('says what was left out, what is asked and what it teaches', () => {
    for (const heading of ['Stands for', 'Left out', 'Asked', 'What it teaches']) {
      expect(section).toContain(`**${heading}**`);
    }
  });

  const claims = claimsOf(section);

  it('says the verdicts of docs/verdicts.md, where a variant has one verdict', () => {
    expect(claims.length === 0).toBe(mechanism.separately === true);
    const rows = rowsOf(verdicts.get(mechanism.name) ?? '');
    const memories = mechanism.memories ?? ['sc'];
    const said = claims.flatMap((claim) =>
      memories.map((memory) => ({ options: inForce(mechanism, claim.options), memory, verdict: claim[memory] })),
    );
    expect(said.filter((row) => !rows.some((found) => JSON.stringify(found) === JSON.stringify(row)))).toEqual([]);
  });
});

it('docs/mechanisms.md says the verdicts of most mechanisms', () => {
  expect([...page.values()].flatMap(claimsOf).length).toBeGreaterThan(90);
});
