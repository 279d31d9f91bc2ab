/** docs/sync.md: each verdict that stands beside a command is what the command says. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { operations } from '../../src/explorer/mechanisms/dtrace/dtrace-sync-callers.js';
import { root, workplace } from './console.js';

const text = readFileSync(join(root, 'docs/sync.md'), 'utf8');
const flat = text.replaceAll(/\s+/g, ' ');
const place = workplace();

afterAll(() => place.remove());

/** A command and what stands beside it. */
interface Claim {
  readonly command: string;
  readonly verdict: string;
  /** Sentences of the properties that it says are broken: one, or none that is named. */
  readonly property: readonly string[];
  /** Rules of the kernel that it says are broken. */
  readonly rules: readonly string[];
}

/** A command, its verdict in bold, and after that rules (`, breaks …`) or a property (`: *…*`). */
const claimPattern =
  /`(bin\/xcall explore [^`]+)`: \*\*(\w+)\*\*(?:, breaks ((?:`[\w-]+`(?:, )?)+))?(?:: \*([^*]+)\*)?/g;

const claims: readonly Claim[] = [...flat.matchAll(claimPattern)].map(
  ([, command = '', verdict = '', rules, broken]) => ({
    command,
    verdict,
    property: broken === undefined ? [] : [broken],
    rules: [...(rules ?? '').matchAll(/`([^`]+)`/g)].map(([, rule = '']) => rule),
  }),
);

interface Found {
  readonly verdict: string;
  readonly property: string | null;
  readonly contract: readonly { readonly rule: string }[];
}

const exitStatus: Readonly<Record<string, number>> = { safe: 0, violated: 1, deadlock: 1, contract: 1 };

const explore = async (command: string): Promise<Found> => JSON.parse(await place.run(`${command} --json`));

describe('docs/sync.md', () => {
  it('answers the first question in its first 150 words', () => {
    const answer = flat
      .replace(/^# \S+ /, '')
      .split(' ')
      .slice(0, 150)
      .join(' ');
    for (const part of ['no CPU is inside a probe', 'with interrupts off', 'On Solaris', 'On Linux', 'means nothing']) {
      expect(answer).toContain(part);
    }
  });

  it('says a verdict beside every command that it shows', () => {
    const shown = [...flat.matchAll(/`bin\/xcall explore [^`]+`/g)].length;
    expect(claims.length).toBe(shown);
  });

  it('shows a command for every claim of the post', () => {
    const chapter = text.split(/^## The post of 2011, claim by claim$/m)[1] ?? '';
    const sections = chapter.split(/^### /m).slice(1);
    expect(sections.map((section) => Number.parseInt(section, 10))).toEqual(sections.map((_, index) => index + 1));
    expect(sections.length).toBeGreaterThanOrEqual(12);
    expect(sections.filter((section) => !/^- `bin\/xcall explore .*`: \*\*/m.test(section))).toEqual([]);
  });

  it.each(claims)('$command: $verdict', async ({ command, verdict, property, rules }) => {
    const found = await explore(command);
    expect(found.verdict).toBe(verdict);
    expect([...new Set(found.contract.map(({ rule }) => rule))].sort()).toEqual([...rules].sort());
    for (const sentence of property) expect(found.property).toBe(sentence);
  });

  it('shows commands that end with the status of their verdict', async () => {
    const one = claims.filter(({ verdict }, index) => claims.findIndex((claim) => claim.verdict === verdict) === index);
    const printed = await Promise.all(one.map(({ command }) => place.run(`${command} >/dev/null; echo $?`)));
    expect(printed.map(Number)).toEqual(one.map(({ verdict }) => exitStatus[verdict]));
  });
});

describe("docs/sync.md, DTrace's callers", () => {
  const chapter = text.split(/^## Who calls it in DTrace, and why$/m)[1]?.split(/^## /m)[0] ?? '';
  const rows = chapter
    .split('\n')
    .filter((line) => line.startsWith('| `dtrace_'))
    .map((line) => line.split(' | ').map((cell) => cell.replaceAll(/[`|]/g, '').trim()))
    .map(([name = '', , , option = '']) => ({ name, option }));

  it('are all operations of the mechanism', () => {
    const named = rows.map(({ option }) => option);
    expect([...new Set(named)].sort()).toEqual(operations.map(({ name }) => name).sort());
    expect(rows.length).toBe(14);
  });

  it.each(rows)('$name is safe with its syncs and refuted without', async ({ option }) => {
    const explored = (how: string): Promise<Found> =>
      explore(`bin/xcall explore dtrace-sync-callers --with ${option},${how}`);
    expect((await explored('sync')).verdict).toBe('safe');
    expect((await explored('no-sync')).verdict).toBe('violated');
  });
});

it('docs/sync.md has the figures of docs/benchmarks.md', () => {
  const cells = (line: string): readonly string[] => line.split('|').map((cell) => cell.trim());
  const benchmarks = readFileSync(join(root, 'docs/benchmarks.md'), 'utf8').split('\n').map(cells);
  const rows = text.split('\n').filter((line) => /^\| `(sync|xcall)`,/.test(line));
  expect(rows.length).toBeGreaterThanOrEqual(3);
  for (const row of rows) {
    const [, name, ours = '', bare = '', ratio = ''] = cells(row);
    const measured = benchmarks.find(([, found]) => found === name);
    expect(measured?.[2]).toContain(`${ours} (bare from C: ${bare.replace(' us', '')})`);
    expect(measured?.[4]).toContain(ratio);
  }
});
