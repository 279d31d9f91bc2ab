import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mechanisms } from '../../../src/explorer/index.js';
import { root, xcall } from './xcall.js';

describe('xcall explore', () => {
  it.each([
    ['explore linux-smp-call', 0, 'verdict: safe'],
    ['explore linux-smp-call --with irqs-off', 1, 'verdict: deadlock (total)'],
    ['explore linux-smp-call --with irqs-off --stop-at contract', 1, 'verdict: contract'],
    ['explore linux-smp-call --max-states 20', 3, 'verdict: incomplete'],
    ['explore linux-smp-call --cpus 3 --max-states 30 --memory tso --no-fold', 3, '3 CPUs, tso'],
  ] as const)('%s ends with status %d', (words, status, text) => {
    const outcome = xcall(words.split(' '));
    expect(outcome).toMatchObject({ status, err: '' });
    expect(outcome.out).toContain(text);
  });

  it('reports the breach of the contract beside the hang that follows from it', () => {
    const { out } = xcall(['explore', 'linux-smp-call', '--with', 'irqs-off']);
    expect(out).toMatch(/^contract: interrupts-enabled is broken on CPU 0 in .*smp_call_function_many/m);
    expect(out).toMatch(/^where it ends:\n {2}CPU 0 hangs; interrupts off/m);
  });

  it('prints JSON that says the same', () => {
    const { status, out } = xcall(['explore', 'linux-smp-call', '--with', 'irqs-off', '--json']);
    expect(status).toBe(1);
    const json = JSON.parse(out);
    expect(json).toMatchObject({ mechanism: 'linux-smp-call', cpus: 2, options: ['irqs-off'], memory: 'sc' });
    expect(json).toMatchObject({ verdict: 'deadlock', scope: 'total', property: null });
    expect(json.contract[0]).toMatchObject({ rule: 'interrupts-enabled', cpu: 0 });
    expect(json.trace).toHaveLength(json.depth);
    expect(Object.keys(json.trace[0])).toEqual(['cpu', 'frame', 'step', 'reads', 'writes']);
    for (const key of ['states', 'transitions', 'seconds']) expect(json[key]).toBeGreaterThan(0);
  });

  it('asks one property, where one is told', () => {
    const asked = (property: string) => xcall(['explore', 'dtrace4linux-drop-tick', '--json', '--property', property]);
    const fires = asked('every DTrace tick fires');
    expect(fires.status).toBe(1);
    expect(JSON.parse(fires.out)).toMatchObject({ verdict: 'violated', property: 'every DTrace tick fires' });
    const lost = asked('no kernel tick is lost');
    expect(lost.status).toBe(0);
    expect(JSON.parse(lost.out).properties).toEqual(['no kernel tick is lost']);
  });

  it('lists every mechanism with its options', () => {
    const { status, out } = xcall(['explore', '--list']);
    expect(status).toBe(0);
    for (const { name, options } of mechanisms) {
      expect(out).toMatch(new RegExp(`^${name}( \\(|$)`, 'm'));
      for (const option of options) expect(out).toContain(`      ${option.name} `);
    }
    expect(JSON.parse(xcall(['--list', '--json']).out)).toHaveLength(mechanisms.length);
  });
});

describe('xcall run', () => {
  const run = (seed: number, ...more: string[]) =>
    xcall(['run', 'linux-smp-call', '--with', 'timer-over-process', '--seed', String(seed), ...more]);

  it('prints the same bytes for the same seed, others for another', () => {
    expect(run(5)).toEqual(run(5));
    expect(run(5).out).not.toBe(run(6).out);
    expect(run(5, '--speed', '1')).toEqual(run(5));
  });

  it('hangs by some seed where the explorer finds a deadlock, and the watchdog says where', () => {
    const hung = Array.from({ length: 20 }, (_, seed) => run(seed)).find(({ status }) => status === 1);
    expect(hung?.out).toMatch(/^watchdog: CPU \d is stuck: it can never move again; interrupts off/m);
    expect(hung?.out).toMatch(/^ {4}hardirq timer, timer: waits in 'csd_lock/m);
    expect(hung?.out).toMatch(/nothing can happen any more: CPU 0 .*hang/);
  });

  it('stops after --steps, and at the first broken rule if told', () => {
    expect(run(5, '--steps', '3')).toMatchObject({
      status: 0,
      out: expect.stringContaining('stopped after 3 steps\n'),
    });
    const stopped = xcall(['run', 'linux-smp-call', '--with', 'irqs-off,alone', '--stop-at', 'contract']);
    expect(stopped.out).toMatch(/stopped after \d+ steps, at the first rule that was broken\n$/);
    expect(stopped.status).toBe(1);
    expect(xcall(['run', 'linux-smp-call', '--with', 'irqs-off,alone']).status).toBe(0);
  });
});

describe('xcall demo', () => {
  const { status, out, err } = xcall(['demo']);
  const scenes = out.split(/^(?=Scene \d of 6: )/m);

  it('plays six scenes', () => {
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(scenes.map((scene) => scene.split('\n')[0])).toEqual([
      'Scene 1 of 6: Linux, from process context',
      'Scene 2 of 6: Linux, and a timer interrupts it',
      'Scene 3 of 6: Solaris, the same wish',
      'Scene 4 of 6: The workaround',
      "Scene 5 of 6: Linux's handlers wrapped as Solaris has them",
      'Scene 6 of 6: What we ship',
    ]);
  });

  it('shows beside each what the explorer says of it', () => {
    const verdicts = scenes.map((scene) =>
      [...scene.matchAll(/^The explorer says (\w+)/gm)].map(([, verdict]) => verdict),
    );
    expect(verdicts).toEqual([
      ['safe'],
      ['deadlock'],
      ['safe'],
      ['safe', 'violated'],
      ['violated', 'safe'],
      ['safe', 'safe'],
    ]);
  });

  it('hangs in the second scene only, and counts the missing ticks in the fourth', () => {
    expect(scenes.map((scene) => /^where it ends:\n {2}CPU 0 hangs/m.test(scene))).toEqual([
      false,
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(scenes[3]).toMatch(/^[1-9]\d* ticks of DTrace are missing$/m);
  });
});

describe('xcall', () => {
  it('tells its version', () => {
    const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
    expect(xcall(['--version'])).toEqual({ status: 0, out: `xcall: dtrace-linux ${version}\n`, err: '' });
  });

  it.each([
    [['explore', 'linux-smp-cal'], 'unknown mechanism linux-smp-cal', 'did you mean linux-smp-call?'],
    [['run', 'xyz'], 'unknown mechanism xyz', /explore --list/],
    [
      ['explore', 'linux-smp-call', '--with', 'irq-off'],
      'linux-smp-call has no option irq-off',
      'did you mean irqs-off?',
    ],
    [['explore', 'linux-smp-call', '--with', 'xyz'], 'linux-smp-call has no option xyz', /^it has process, irqs-off/],
    [['run', 'linux-smp-call', '--with', 'process,peers'], /exclude one another/, 'tell one of them'],
    [['explore', 'linux-smp-call', '--cpus', '9'], /cannot have 9 CPUs/, /^it takes 2 to /],
    [
      ['explore', 'linux-smp-call', '--property', 'every call return'],
      /has no property/,
      'did you mean "every call returns"?',
    ],
    [['explore'], 'which mechanism?', /--list/],
  ] as const)('%j is refused with status 2, in a line and a hint', (words, message, hint) => {
    const { status, out, err } = xcall(words);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    const [first, second, ...rest] = err.split('\n');
    expect(first?.replace(/^xcall: /, '')).toMatch(
      typeof message === 'string' ? new RegExp(`^${literally(message)}$`) : message,
    );
    expect(second?.replace(/^ {4}hint: /, '')).toMatch(
      typeof hint === 'string' ? new RegExp(`^${literally(hint)}$`) : hint,
    );
    expect(rest).toEqual(['']);
  });
});

const literally = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
