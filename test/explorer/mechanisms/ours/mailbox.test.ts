import { describe, expect, it } from 'vitest';
import type { Exploration, TraceEntry } from '../../../../src/explorer/exploration.js';
import { explore } from '../../../../src/explorer/explore.js';
import { mailbox } from '../../../../src/explorer/mechanisms/ours/mailbox.js';
import { MechanismError } from '../../../../src/explorer/model/error.js';
import { and, equal, greater, type Operand } from '../../../../src/explorer/model/expression.js';
import { at, type Variable } from '../../../../src/explorer/model/variable.js';
import { reachable } from './reachable.js';

const early = 'no request is complete before a sync that began after its post has finished';
const asked = 'who asks is told that a request is complete only once a sync that began after its post has finished';
const room = 'equal requests never find the box full';
const completes = 'every request completes';
const answered = 'every post returns a number, or 0 and is counted as dropped';

const told = (options: string): readonly string[] => (options === '' ? [] : options.split(','));

const find = (options: string, memory: 'sc' | 'tso' = 'sc'): Promise<Exploration> =>
  explore(mailbox, { options: told(options), memory });

const outcome = ({ verdict, scope, property }: Exploration) => ({ verdict, scope, property });

/** Where in a trace the first step of that name is, counted from the end where told. */
const indexOf = (trace: readonly TraceEntry[], step: string): number => trace.findIndex((entry) => entry.step === step);
const lastIndexOf = (trace: readonly TraceEntry[], step: string): number =>
  trace.findLastIndex((entry) => entry.step === step);

const twoUrgentOneRing = (named: (name: string) => Variable): Operand =>
  and(equal(at(named('urgent'), 1), 2), equal(named('armed'), 0), equal(named('wake'), 1));

describe('mailbox', () => {
  it('has the variants of the report, the default first', () => {
    expect(mailbox.variants.map((options) => options.join(','))).toEqual([
      ...['', 'full', 'coalesce', 'late-post', 'migrate', 'server-death', 'coalesce,doorbell'],
    ]);
  });

  describe.each(['sc', 'tso'] as const)('under %s', (memory) => {
    it.each(mailbox.variants.map((options) => options.join(',')))(
      'completes every request, none early, and blocks no poster (%s)',
      async (options) => {
        const found = await find(options, memory);
        expect(outcome(found)).toEqual({ verdict: 'safe', scope: undefined, property: null });
        expect(found.contract).toEqual([]);
        expect(found.properties).toEqual(expect.arrayContaining([early, completes, answered]));
        expect(found.properties.includes(room)).toBe(options.includes('coalesce'));
        expect(found.properties.includes(asked)).toBe(options === 'migrate');
      },
    );
  });

  const happens: readonly (readonly [string, string, (named: (name: string) => Variable) => Operand])[] = [
    ['full', 'a post is dropped', (named) => greater(at(named('drops'), 1), 0)],
    [
      'coalesce',
      'two posts share a number',
      (named) => greater(at(named('posts answered'), 1), at(named('posted'), 1)),
    ],
    ['late-post', 'a probe in the cross-call posts', (named) => equal(named('late post'), 0)],
    ['migrate', "a thread's request completes", (named) => and(named('carried'), at(named('completed'), 1))],
    [
      'server-death',
      'what a killed server had begun completes',
      (named) => and(equal(named('server alive'), 0), greater(named('syncs begun'), 1), at(named('completed'), 1)),
    ],
    ['doorbell', 'nobody rings, since the server is awake', (named) => greater(at(named('urgent'), 1), named('wake'))],
    ['doorbell', 'a second post finds that the first one has taken the armed word', twoUrgentOneRing],
  ];
  it.each(happens)('has a state, with %s, where %s', async (options, _, test) => {
    expect(await reachable(mailbox, told(options), test)).toBe(true);
  });

  it.each([
    ['coalesce,server-death', 'a successor serves requests that others had joined'],
    ['polled', 'a server that polls needs no wake-up'],
    ['doorbell,late-post', 'a probe in our own cross-call rings where the server is about to sleep'],
    ['doorbell,server-death', 'a successor finds the doorbell as the dead server has left it'],
    ['doorbell,no-recheck,polled', 'a look of its own accord finds what rang no bell'],
    ['late-post,unarmed,polled', 'a poll finds what a probe in our own cross-call posted without a wake-up'],
  ])('is safe with %s: %s', async (options) => {
    expect(outcome(await find(options))).toEqual({ verdict: 'safe', scope: undefined, property: null });
  });

  it.each([
    ['late-snapshot', early],
    ['late-post,late-snapshot', early],
    ['coalesce,taken-late', early],
    ['coalesce,two-places', room],
    ['migrate,no-cpu', asked],
    ['full,overwrite', completes],
    ['full,plain-drops', answered],
    ['clear-after-snapshot', completes],
    ['server-death,late-snapshot', early],
    ['coalesce,server-death,trust-taken', early],
    ['server-death,await-wake', completes],
    ['server-death,two-servers', completes],
    ['late-post,unarmed', completes],
    ['doorbell,no-recheck', completes],
    ['coalesce,doorbell,no-recheck', completes],
    ['doorbell,clear-after-snapshot', completes],
    ['doorbell,late-post,unarmed', completes],
    ['doorbell,server-death,await-wake', completes],
  ])('is violated with %s: "%s" does not hold', async (options, property) => {
    expect(outcome(await find(options))).toEqual({ verdict: 'violated', scope: undefined, property });
  });

  it('loses a wake-up that is cleared by a plain store, under TSO only', async () => {
    expect(outcome(await find('plain-clear', 'sc')).verdict).toBe('safe');
    const { verdict, property, trace } = await find('plain-clear', 'tso');
    expect({ verdict, property }).toEqual({ verdict: 'violated', property: completes });
    // The post's wake-up comes while the server's store is still in its buffer.
    const drain = trace.findLastIndex(({ kind, cpu }) => kind === 'drain' && cpu === 0);
    expect(lastIndexOf(trace, 'wakes the server')).toBeLessThan(drain);
    expect(lastIndexOf(trace, 'wakes the server')).toBeGreaterThan(indexOf(trace, 'clears the wake word'));
  });

  it('needs no more than a plain store to clear the armed word, since the server looks again', async () => {
    expect(outcome(await find('doorbell,plain-clear', 'tso')).verdict).toBe('safe');
  });

  it('loses a wake-up where the doorbell is armed by a plain store, under TSO only', async () => {
    expect(outcome(await find('doorbell,plain-arm', 'sc')).verdict).toBe('safe');
    const { verdict, property, trace } = await find('doorbell,plain-arm', 'tso');
    expect({ verdict, property }).toEqual({ verdict: 'violated', property: completes });
    // The post sees a server that is awake, while the store that says otherwise is still in its buffer.
    const drain = trace.findLastIndex(({ kind, writes }) => kind === 'drain' && writes['armed'] === 1);
    expect(lastIndexOf(trace, 'looks whether the server sleeps')).toBeLessThan(drain);
    expect(trace.some(({ step }) => step === 'rings')).toBe(false);
  });

  it('shows the post that comes between the look at the boxes and the arming', async () => {
    const { trace } = await find('doorbell,no-recheck');
    expect(trace.some(({ step }) => step === 'rings')).toBe(false);
    const armed = lastIndexOf(trace, 'arms the doorbell');
    expect(lastIndexOf(trace, 'looks whether the server sleeps')).toBeLessThan(armed);
  });

  it('hangs where a post waits for room: the server waits for the CPU that the post keeps from answering', async () => {
    const found = await find('full,block-when-full');
    expect(outcome(found)).toEqual({ verdict: 'deadlock', scope: 'partial', property: null });
    expect(found.end?.cpus[1]?.frames.at(-1)?.step).toBe('waits for room');
    expect(found.end?.cpus[1]?.frames.length).toBeGreaterThan(0);
  });

  it('shows the snapshot that was taken after the sync had begun', async () => {
    const { trace } = await find('late-snapshot');
    const post = lastIndexOf(trace, 'takes the next number');
    expect(post).toBeGreaterThan(indexOf(trace, 'begins a sync'));
    expect(post).toBeLessThan(lastIndexOf(trace, 'reads how many are posted, too late'));
  });

  it("shows the thread that is told of another CPU's request", async () => {
    const { trace } = await find('migrate,no-cpu');
    expect(trace.at(-1)).toMatchObject({ cpu: 0, frame: 'task thread after', reads: { 'completed[0]': 1 } });
    expect(trace.some(({ cpu, step }) => cpu === 1 && step === 'migrates with the number')).toBe(true);
    expect(trace.some(({ writes }) => writes['completed[1]'] === 1)).toBe(false);
  });

  it('shows the drop that a nested drop overwrites', async () => {
    const { trace } = await find('full,plain-drops');
    const drops = trace.filter(({ step }) => step === 'counts the drop');
    expect(drops.map(({ depth }) => depth)).toEqual([2, 1]);
    expect(drops.map(({ writes }) => writes['drops[1]'])).toEqual([1, 1]);
  });

  it('refuses an option without the one that it belongs to', async () => {
    await expect(find('no-cpu')).rejects.toThrow(MechanismError);
    await expect(find('no-recheck')).rejects.toThrow('goes with doorbell only');
    await expect(find('plain-arm')).rejects.toThrow('goes with doorbell only');
    await expect(find('trust-taken')).rejects.toThrow('goes with server-death only');
  });
});
