import { describe, expect, it } from 'vitest';
import type { Exploration, TraceEntry } from '../../../../src/explorer/exploration.js';
import { explore } from '../../../../src/explorer/explore.js';
import { asked } from '../../../../src/explorer/mechanisms/ours/epoch-sync/world.js';
import { epochSync } from '../../../../src/explorer/mechanisms/ours/epoch-sync.js';
import { MechanismError } from '../../../../src/explorer/model/error.js';
import { and, equal, hasBit, type Operand, or } from '../../../../src/explorer/model/expression.js';
import { at, type Variable } from '../../../../src/explorer/model/variable.js';
import { reachable } from './reachable.js';

type Memory = 'sc' | 'tso';

const told = (options: string): readonly string[] => (options === '' ? [] : options.split(','));

const find = (options: string, memory: Memory, properties?: readonly string[]): Promise<Exploration> =>
  explore(epochSync, { options: told(options), memory, ...(properties === undefined ? {} : { properties }) });

const outcome = ({ verdict, property }: Exploration) => ({ verdict, property });
const safe = { verdict: 'safe', property: null };
const violated = (property: string) => ({ verdict: 'violated', property });

/** By variant: the property that does not hold under SC and under TSO; nothing where all of them do. */
const verdicts: readonly (readonly [string, string | undefined, string | undefined])[] = [
  ['', undefined, undefined],
  ['no-ipi', undefined, asked.outside],
  ['skip-idle', asked.outside, asked.outside],
  ['exit-count-only', asked.outside, asked.outside],
  ['swap', asked.outside, asked.outside],
  ['own-cpu-inline', undefined, undefined],
  ['idle-polled', undefined, undefined],
  ['hotplug', undefined, undefined],
  ['hotplug,cached-list', asked.outside, asked.outside],
  ['endless', asked.returns, asked.returns],
  ['preemptible', asked.outside, asked.outside],
  ['preemptible,atomic', undefined, undefined],
  ['preemptible,atomic,endless', asked.returns, asked.returns],
  ['parity', undefined, undefined],
  ['parity,endless', undefined, undefined],
  ['parity,one-flip', asked.outside, asked.outside],
  ['parity,look-again', undefined, undefined],
  ['parity,look-again,endless', undefined, undefined],
  ['parity,swap', asked.outside, asked.outside],
  ['parity,quick', undefined, undefined],
  ['parity,quick,endless', undefined, undefined],
  ['parity,migrate', undefined, undefined],
  ['parity,no-ipi', undefined, undefined],
  ['parity,no-ipi,endless', undefined, undefined],
  ['parity-nested', undefined, undefined],
  ['parity-nested,endless', undefined, undefined],
  ['parity-nested,quick,endless', undefined, undefined],
  ['parity-nested,no-ipi', undefined, asked.outside],
];

/** Two firings have raised three counts: 2 of one parity and 1 of the other. */
const more = (word: Operand): Operand => or(equal(word, 0b001_010), equal(word, 0b010_001));

const steps = (entries: readonly TraceEntry[], cpu: number): readonly string[] =>
  entries.filter((entry) => entry.cpu === cpu && entry.kind === 'step').map(({ step }) => step);

/** Where the last step of that name on a CPU is in a trace; -1 if there is none. */
const lastOf = ({ trace }: Exploration, cpu: number, name: string): number =>
  trace.findLastIndex((entry) => entry.cpu === cpu && entry.step === name);

describe('epoch-sync', () => {
  it('has the variants that are decided here', () => {
    expect(epochSync.variants.map((options) => options.join(','))).toEqual(verdicts.map(([options]) => options));
  });

  describe.each(['sc', 'tso'] as const)('under %s', (memory) => {
    it.each(verdicts)(
      'keeps what sync promises, or breaks it by what the variant does (%s)',
      async (options, sc, tso) => {
        const broken = memory === 'sc' ? sc : tso;
        const found = await find(options, memory);
        expect(outcome(found)).toEqual(broken === undefined ? safe : violated(broken));
        // sync() runs in process context with interrupts enabled, so Linux never objects.
        expect(found.contract).toEqual([]);
      },
    );
  });

  it.each([
    ['', 'sc'],
    ['preemptible,atomic', 'tso'],
    ['parity', 'sc'],
    ['parity,no-ipi', 'tso'],
  ] as const)('holds on three CPUs as well (%s)', async (options, memory) => {
    expect(outcome(await explore(epochSync, { options: told(options), memory, cpus: 3 }))).toEqual(safe);
  });

  describe('every property can fail', () => {
    it.each([
      ['swap', 'sc', asked.outside],
      ['swap', 'sc', asked.later],
      ['no-ipi', 'tso', asked.visible],
      ['no-ipi', 'tso', asked.later],
      ['parity,one-flip', 'sc', asked.later],
      ['preemptible,atomic,endless', 'tso', asked.returns],
    ] as const)('%s under %s: %s', async (options, memory, property) => {
      expect(outcome(await find(options, memory, [property]))).toEqual(violated(property));
    });
  });

  describe('what refutes a variant is what the variant does', () => {
    it('no-ipi: the raised count is still in the store buffer when it is read from afar', async () => {
      const found = await find('no-ipi', 'tso');
      expect(found.trace.map(({ kind }) => kind)).not.toContain('drain');
      expect(found.end?.cpus[1]?.storeBuffer).toEqual([['inprobe[1]', 1]]);
    });

    it('skip-idle: the CPU looks idle while a tick fires a probe on it', async () => {
      const found = await find('skip-idle', 'sc');
      expect(found.end?.cpus[1]?.frames.at(-1)?.frame).toBe('hardirq tick');
      expect(found.trace.find(({ step }) => step === 'see whether CPU 1 is idle')?.reads).toEqual({ 'idle[1]': 1 });
      expect(steps(found.trace, 0)).not.toContain('call CPU 1');
    });

    it('exit-count-only: the exit that was waited for is that of a probe nested in the open one', async () => {
      const found = await find('exit-count-only', 'sc');
      const exit = found.trace.find(({ step }) => step === 'count the exit');
      expect(exit).toMatchObject({ cpu: 1, frame: 'hardirq tick', depth: 1 });
      expect(found.end?.memory['inprobe[1]']).toBe(1);
    });

    it('swap: the handler finds a count of 0 in a firing that has chosen its half', async () => {
      const found = await find('swap', 'sc');
      expect(steps(found.trace, 1)).toContain('read the selector');
      expect(steps(found.trace, 1)).not.toContain('raise the in-probe count');
    });

    it('cached-list: the CPU came online after the list was read', async () => {
      const found = await find('hotplug,cached-list', 'sc');
      expect(lastOf(found, 0, 'list CPU 1 if it is online')).toBeLessThan(lastOf(found, 1, 'join the online CPUs'));
      expect(steps(found.trace, 0)).not.toContain('call CPU 1');
    });

    it('preemptible: a firing lowers the count to what it was before another one raised it', async () => {
      const found = await find('preemptible', 'sc');
      expect(found.trace.filter(({ kind }) => kind === 'switch')).toHaveLength(2);
      expect(found.trace.find(({ step }) => step === 'lower the in-probe count')?.writes['inprobe[1]']).toBe(0);
      expect(found.end?.memory['inprobe[1]']).toBe(0);
    });

    it('one-flip: a firing raises the count of a generation that was waited for before', async () => {
      const found = await find('parity,one-flip', 'sc');
      const raised = found.trace.findIndex(({ step }) => step === 'raise the count of the parity');
      const before = found.trace.slice(0, raised).map(({ step }) => step);
      expect(before).toContain('read the generation');
      expect(before.slice(before.indexOf('read the generation'))).toContain('make the next generation current');
      expect(before).toContain('sync returns');
    });
  });

  describe('probes that fire for ever', () => {
    it.each(['sc', 'tso'] as const)(
      'one count comes to zero again and again where firings nest (%s)',
      async (memory) => {
        expect(outcome(await find('endless', memory, [asked.pauses]))).toEqual(safe);
      },
    );

    it.each(['sc', 'tso'] as const)('one count need never be zero where firings overlap (%s)', async (memory) => {
      const found = await find('preemptible,atomic,endless', memory, [asked.pauses]);
      expect(outcome(found)).toEqual(violated(asked.pauses));
      // All that time firings end, and both tasks fire.
      const ends = found.cycle.filter(({ step }) => step === 'lower the in-probe count');
      expect(new Set(ends.map(({ frame }) => frame))).toEqual(new Set(['task prober 1.0', 'task prober 1.1']));
      expect(ends.every(({ writes }) => (writes['inprobe[1]'] ?? 0) > 0)).toBe(true);
    });

    it('two counts do without the count of all firings ever being zero', async () => {
      // Both parities are in use at once, and sync returns all the same.
      const overlapping = await reachable(epochSync, ['parity', 'endless'], (named) =>
        and(hasBit(at(named('inprobe'), 1), 0), hasBit(at(named('inprobe'), 1), 3)),
      );
      expect(overlapping).toBe(true);
      expect(outcome(await find('parity,endless', 'sc', [asked.returns]))).toEqual(safe);
    });
  });

  const happens: readonly (readonly [string, string, (named: (name: string) => Variable) => Operand])[] = [
    ['', 'a tick fires inside a firing', (named) => equal(at(named('inprobe'), 1), 2)],
    ['', 'sync is called while a firing is open', (named) => equal(at(named('open'), 2), 2)],
    [
      'hotplug',
      'the CPU is offline while sync waits',
      (named) => and(named('syncing'), equal(at(named('online'), 1), 0)),
    ],
    ['idle-polled', 'the idle CPU is asked', (named) => at(named('asked'), 1)],
    ['preemptible,atomic', 'two firings of a CPU are open at once', (named) => equal(at(named('inprobe'), 1), 2)],
    ['parity,look-again', 'a firing holds both counts', (named) => more(at(named('inprobe'), 1))],
    ['parity,migrate', 'a firing is moved', (named) => named('moved')],
  ];
  it.each(happens)('does not hold for want of trying (%s): %s', async (options, _what, test) => {
    expect(await reachable(epochSync, told(options), test)).toBe(true);
  });

  it.each([
    'atomic',
    'cached-list',
    'one-flip',
    'parity,one-flip,look-again',
    'quick',
    'migrate',
    'preemptible,endless',
  ])('refuses options that do not go together (%s)', async (options) => {
    await expect(find(options, 'sc')).rejects.toThrow(MechanismError);
  });
});
