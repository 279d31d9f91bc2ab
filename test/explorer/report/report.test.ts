import { describe, expect, it } from 'vitest';
import { wrap } from '../../../src/explorer/report/columns.js';
import { explorationJson } from '../../../src/explorer/report/json.js';
import { explorationText } from '../../../src/explorer/report/report.js';
import { traceText } from '../../../src/explorer/report/trace.js';
import { verdictSections, verdictTable } from '../../../src/explorer/report/verdicts.js';
import { deadlock, livelock, safe, violation } from './sample.js';

describe('the text of an exploration', () => {
  it.each([
    ['deadlock', deadlock, 100],
    ['deadlock-narrow', deadlock, 60],
    ['livelock', livelock, 80],
    ['violated', violation, 100],
    ['safe', safe, 80],
  ] as const)('%s is as in its golden file', async (name, exploration, width) => {
    await expect(explorationText(exploration, { width })).toMatchFileSnapshot(`golden/${name}.txt`);
  });

  it.each([60, 80, 100, 200])('keeps within %d characters where the CPUs leave room', (width) => {
    const lines = explorationText(deadlock, { width }).split('\n');
    const trace = lines.slice(
      lines.findIndex((line) => line.includes('CPU 0  ')),
      lines.indexOf('where it ends:'),
    );
    expect(Math.max(...trace.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(trace.length).toBeGreaterThan(deadlock.trace.length);
  });

  it('grows beyond the width rather than make columns that cannot be read', () => {
    const text = traceText({ ...deadlock, cpus: 4 }, { width: 40 });
    expect(text).toContain('disable preemption');
    expect(text.split('\n')[0]).toMatch(/CPU 0 +\| CPU 1 +\| CPU 2 +\| CPU 3$/);
  });

  it.each([deadlock, livelock, violation, safe])('ends with its explanation ($verdict)', (exploration) => {
    expect(traceText(exploration).trimEnd().split('\n').at(-1)).toBe(exploration.explanation);
  });

  it('has no blanks at the ends of lines', () => {
    for (const exploration of [deadlock, livelock, violation, safe]) {
      expect(explorationText(exploration)).not.toMatch(/ $/m);
    }
  });
});

describe('wrap', () => {
  it.each([
    ['a b c', 8, ['a b c']],
    ['aaa bbbb cc', 8, ['aaa bbbb', '  cc']],
    ['aaaaaaaaaa', 8, ['aaaaaaaa', '  aa']],
    ['a bbbbbbbbbbbbb', 8, ['a', '  bbbbbb', '  bbbbbb', '  b']],
    ['aaa bbbb cc', 0, ['aaa bbbb', '  cc']],
    ['', 8, ['']],
  ] as const)('breaks %j at %d', (text, width, lines) => {
    expect(wrap(text, width)).toEqual(lines);
  });
});

describe('the JSON of an exploration', () => {
  it('has the names that programs rely on', () => {
    const json = explorationJson(deadlock);
    expect(Object.keys(json)).toEqual(
      expect.arrayContaining([
        ...['mechanism', 'cpus', 'options', 'memory', 'verdict', 'property', 'contract', 'states', 'transitions'],
        ...['depth', 'seconds', 'trace'],
      ]),
    );
    expect(json.contract).toEqual([{ rule: 'interrupts-enabled', cpu: 0, step: 'tick / call function' }]);
    expect(json.trace[1]).toEqual({
      cpu: 0,
      frame: 'task caller',
      step: 'take the descriptor',
      reads: { 'busy[1]': 0 },
      writes: { 'busy[1]': 1, holder: 0 },
    });
    expect(json.trace).toHaveLength(deadlock.trace.length);
    expect(explorationJson(livelock).cycle.map(({ step }) => step)).toEqual(['try again', 'give up']);
  });

  it('survives JSON, nulls where there is nothing', () => {
    for (const exploration of [deadlock, livelock, violation, safe]) {
      const json = explorationJson(exploration);
      expect(JSON.parse(JSON.stringify(json))).toEqual(json);
    }
    expect(explorationJson(safe)).toMatchObject({ scope: null, property: null, trace: [] });
  });
});

describe('the table of verdicts', () => {
  const rows = [safe, deadlock, livelock, violation];

  it('is as in its golden file', async () => {
    const sections = [
      { mechanism: 'sample-call', summary: 'A call, *simple*.', rows },
      { mechanism: 'none', summary: 'Nothing is asked.', rows: [{ ...safe, properties: [] }] },
    ];
    await expect(verdictSections(sections)).toMatchFileSnapshot('golden/verdicts.md');
  });

  it('has as many cells in each row, whatever the texts hold', () => {
    const cells = verdictTable(rows)
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/(?<!\\)\|/).length);
    expect(new Set(cells)).toEqual(new Set([10]));
  });

  it('does not depend on how long it took', () => {
    expect(verdictTable(rows)).toBe(verdictTable(rows.map((row) => ({ ...row, seconds: 99 }))));
  });
});
