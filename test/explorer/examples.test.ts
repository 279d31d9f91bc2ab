/** Each example gives the verdicts that its comment promises, by the command that a user runs. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ExplorationJson, Mechanism, MemoryModel } from '../../src/explorer/index.js';
import { root, xcall } from '../cli/xcall/xcall.js';

/** A question and its answer: of a deadlock whether it is total, of a violation the property. */
interface Row {
  readonly file: string;
  readonly options?: string;
  readonly cpus?: number;
  readonly memory?: MemoryModel;
  readonly property?: string;
  readonly verdict: string;
  readonly because?: string;
  /** Transitions of the shortest way to it. */
  readonly steps?: number;
}

const order = 'tickets are served in the order in which they were drawn';
const exclusive = 'at most one CPU holds the lock';
const complete = 'a call returns only after every other CPU has run the function';
const inside = 'at most one CPU is inside';
const consistent = 'a reader sees both halves from the same write';

const under = (row: Row, ...memories: readonly MemoryModel[]): readonly Row[] =>
  memories.map((memory) => ({ ...row, memory }));

const rows: readonly Row[] = [
  ...under({ file: 'ticket-lock', verdict: 'safe' }, 'sc', 'tso'),
  { file: 'ticket-lock', cpus: 3, verdict: 'safe' },
  ...under({ file: 'ticket-lock', options: 'torn-draw', verdict: 'violated', because: order, steps: 4 }, 'sc', 'tso'),
  { file: 'ticket-lock', options: 'torn-draw', property: exclusive, verdict: 'violated', because: exclusive },
  ...under({ file: 'seqlock', verdict: 'safe' }, 'sc', 'tso'),
  { file: 'seqlock', cpus: 3, verdict: 'safe' },
  ...under({ file: 'seqlock', options: 'no-retry', verdict: 'violated', because: consistent }, 'sc', 'tso'),
  ...under({ file: 'seqlock', options: 'interrupt', verdict: 'deadlock', because: 'total' }, 'sc', 'tso'),
  ...under({ file: 'seqlock', options: 'interrupt,cli', verdict: 'safe' }, 'sc', 'tso'),
  { file: 'peterson', memory: 'sc', verdict: 'safe' },
  { file: 'peterson', memory: 'tso', verdict: 'violated', because: inside, steps: 6 },
  ...under({ file: 'peterson', options: 'fence', verdict: 'safe' }, 'sc', 'tso'),
  ...under({ file: 'broken-xcall', verdict: 'violated', because: complete }, 'sc', 'tso'),
  ...under({ file: 'broken-xcall', options: 'locked', verdict: 'safe' }, 'sc', 'tso'),
  { file: 'broken-xcall', options: 'locked', cpus: 3, verdict: 'safe' },
  ...under({ file: 'broken-xcall', options: 'locked,irqs-off', verdict: 'deadlock', because: 'total' }, 'sc', 'tso'),
  ...under({ file: 'broken-xcall', options: 'locked,timer', verdict: 'deadlock', because: 'total' }, 'sc', 'tso'),
];

const wordsOf = ({ file, options, cpus, memory, property }: Row): readonly string[] => [
  'explore',
  `examples/explorer-${file}.js`,
  ...(options === undefined ? [] : ['--with', options]),
  ...(cpus === undefined ? [] : ['--cpus', String(cpus)]),
  ...(memory === undefined ? [] : ['--memory', memory]),
  ...(property === undefined ? [] : ['--property', property]),
];

describe('xcall', () => {
  for (const row of rows) {
    it(`${wordsOf(row).join(' ')}: ${row.verdict}`, () => {
      const { status, out, err } = xcall([...wordsOf(row), '--json']);
      expect(err).toBe('');
      const { verdict, property, scope, trace, contract } = JSON.parse(out) as ExplorationJson;
      expect({ verdict, because: property ?? scope ?? undefined }).toEqual({
        verdict: row.verdict,
        because: row.because,
      });
      if (row.steps !== undefined) expect(trace).toHaveLength(row.steps);
      expect(contract).toEqual([]);
      expect(status).toBe(row.verdict === 'safe' ? 0 : 1);
    });
  }
});

const examples = readdirSync(`${root}/examples`).filter((name) => name.startsWith('explorer-'));

describe.each(examples)('%s', (name) => {
  const text = readFileSync(`${root}/examples/${name}`, 'utf8');

  it('is short, says how it is explored, and has its verdicts above', async () => {
    expect(text.split('\n').length).toBeLessThan(120);
    expect(text).toContain(`xcall explore examples/${name}`);
    const file = /^explorer-(.*)\.js$/.exec(name)?.[1];
    const exported = (await import(`${root}/examples/${name}`)) as Readonly<Record<string, Mechanism>>;
    const variants = Object.values(exported).flatMap(({ variants }) => variants.map((options) => options.join(',')));
    expect(variants.length).toBeGreaterThan(1);
    expect(new Set(rows.filter((row) => row.file === file).map(({ options = '' }) => options))).toEqual(
      new Set(variants),
    );
  });
});
