import { describe, expect, it } from 'vitest';
import type { Exploration } from '../../../../src/explorer/exploration.js';
import { explore } from '../../../../src/explorer/explore.js';
import { asked } from '../../../../src/explorer/mechanisms/ours/buffer-switch/world.js';
import { bufferSwitch } from '../../../../src/explorer/mechanisms/ours/buffer-switch.js';
import { and, equal, type Operand } from '../../../../src/explorer/model/expression.js';
import { type Mechanism, mechanism } from '../../../../src/explorer/model/mechanism.js';
import type { StepList } from '../../../../src/explorer/model/step.js';
import { at, type Variable } from '../../../../src/explorer/model/variable.js';
import { reachable } from './reachable.js';

type Memory = 'sc' | 'tso';

const told = (options: string): readonly string[] => (options === '' ? [] : options.split(','));

const find = (options: string, memory: Memory, properties?: readonly string[]): Promise<Exploration> =>
  explore(bufferSwitch, { options: told(options), memory, ...(properties === undefined ? {} : { properties }) });

const outcome = ({ verdict, property }: Exploration) => ({ verdict, property });
const safe = { verdict: 'safe', property: null };
const violated = (property: string) => ({ verdict: 'violated', property });

const verdicts: readonly (readonly [string, string | undefined])[] = [
  ['', undefined],
  ['no-sync', asked.settled],
  ['plain-reserve', asked.lost],
  ['sync-while-reading', undefined],
  ['two-flips', asked.settled],
  ['two-flips-at-once', asked.settled],
];

/** Steps without those of which the name starts so. */
const without = (steps: StepList, start: string): StepList =>
  steps.flatMap((step) =>
    'length' in step ? [without(step, start)] : step.kind !== 'label' && step.name.startsWith(start) ? [] : [step],
  );

/** The mechanism with a consumer that leaves out some of its steps. */
const forgetful = (start: string): Mechanism =>
  mechanism({
    ...bufferSwitch,
    build: (setting) => {
      const model = bufferSwitch.build(setting);
      const tasks = model.tasks.map((task) =>
        task.name === 'consumer'
          ? { ...task, routine: { ...task.routine, steps: without(task.routine.steps, start) } }
          : task,
      );
      return { ...model, tasks };
    },
  });

describe('buffer-switch', () => {
  it('has the variants that are decided here', () => {
    expect(bufferSwitch.variants.map((options) => options.join(','))).toEqual(verdicts.map(([options]) => options));
  });

  describe.each(['sc', 'tso'] as const)('under %s', (memory) => {
    it.each(verdicts)(
      'neither loses, doubles nor tears, or breaks by what the variant does (%s)',
      async (options, broken) => {
        const found = await find(options, memory);
        expect(outcome(found)).toEqual(broken === undefined ? safe : violated(broken));
        expect(found.contract).toEqual([]);
      },
    );
  });

  describe('every property can fail', () => {
    it.each([
      ['no-sync', asked.torn],
      ['no-sync', asked.lost],
      ['two-flips', asked.torn],
      ['two-flips', asked.lost],
      ['two-flips-at-once', asked.torn],
    ] as const)('%s: %s', async (options, property) => {
      expect(outcome(await find(options, 'sc', [property]))).toEqual(violated(property));
    });

    it('a half that is not emptied is read again', async () => {
      const options = ['two-flips-at-once'];
      const found = await explore(forgetful('empty the half'), { options, properties: [asked.doubled] });
      expect(outcome(found)).toEqual(violated(asked.doubled));
    });
  });

  it('plain-reserve: a tick between the load and the store takes the same space', async () => {
    const found = await find('plain-reserve', 'sc');
    const reserved = found.trace.filter(({ step }) => step === 'reserve space');
    expect(reserved.map(({ frame }) => frame)).toEqual(['hardirq tick 1', 'task prober 1']);
    const [first, second] = reserved;
    expect(first?.writes).toEqual(second?.writes);
  });

  it('two-flips: the reader meets a probe that the second flip let into the half', async () => {
    const found = await find('two-flips', 'sc');
    const flips = found.trace.flatMap(({ step }, index) => (step === 'flip the selector' ? [index] : []));
    const chosen = found.trace.findLastIndex(({ step }) => step === 'read activity and selector');
    expect(flips).toHaveLength(2);
    expect(chosen).toBeGreaterThan(flips[1] ?? Number.POSITIVE_INFINITY);
    expect(found.trace.at(-1)?.broken).toContain(asked.settled);
  });

  const happens: readonly (readonly [string, (named: (name: string) => Variable) => Operand])[] = [
    ['a tick makes a record inside a firing', (named) => equal(at(named('offset'), 1), 2)],
    ['probes write while the consumer reads', (named) => and(named('reading'), at(named('working'), 1))],
    ['all three records are taken', (named) => and(...[1, 2, 3].map((firing) => at(named('taken'), firing)))],
    ['a firing finds the session draining', (named) => and(equal(named('control'), 2), at(named('inprobe'), 1))],
  ];
  it.each(happens)('does not hold for want of trying: %s', async (_what, test) => {
    expect(await reachable(bufferSwitch, [], test)).toBe(true);
  });
});
