/** The storm on the live kernel, as a command: ten seconds of it, its wrong mechanisms, and how it ends before its time. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { StormJson } from '../../../../src/cli/xcall/storm/outcome/report.js';
import { programExists } from '../../../kernel-objects.js';
import { kernelTest } from '../../../kernel-test.js';
import { root, xcall } from '../xcall.js';

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('xcall storm', () => {
  kernelTest(
    'runs for ten seconds and violates nothing',
    () => {
      const { status, out, err } = xcall(['storm', '--seconds', '10', '--json']);
      const found = JSON.parse(out === '' ? '{}' : out) as StormJson;
      expect({ violations: found.violations, status, err }).toEqual({ violations: [], status: 0, err: '' });
      expect(found.completed).toBe(found.posted);
      expect(found.counts).toBe(found.counts_expected);
      expect(found.ticks.fired + found.ticks.skipped).toBeGreaterThan(0.9 * found.ticks.expected);
      expect(found.sessions).toBeGreaterThanOrEqual(4);
      expect(found.peers.find(({ name }) => name === 'dtrace')).toMatchObject({ ran: true });
      expect(found.peers.find(({ name }) => name === 'dtrace')?.calls).toBeGreaterThan(0);
    },
    120_000,
  );

  const breaks = [
    ['drop-tick', 'ticks', /^violated: .*the workaround cost [\d,]+ of [\d,]+ ticks$/],
    ['no-wait', '(records|counts)', /^violated: .*(records|counts)/],
    ['plain-count', 'counts', /^violated: .*counts/],
    ['lost-post', 'posts', /^violated: .*posts/],
  ] as const;
  for (const [name, check, lastLine] of breaks) {
    kernelTest(
      `with --break ${name} ends with status 1, and says that ${check.replaceAll(/[()]/g, '').replace('|', ' or ')} are wrong`,
      () => {
        const { status, out } = xcall(['storm', '--break', name]);
        expect(status).toBe(1);
        expect(out).toMatch(new RegExp(`^VIOLATED +${check}: `, 'm'));
        expect(out.trimEnd().split('\n').at(-1)).toMatch(lastLine);
      },
    );
  }

  kernelTest('shows what stress does not find by the explorer, with status 3, or finds it', () => {
    const { status, out } = xcall(['storm', '--break', 'skip-ipi', '--seconds', '3']);
    if (status === 1) expect(out).toMatch(/^VIOLATED/m);
    else {
      expect(status).toBe(3);
      expect(out).toMatch(/^missed by stress: [\s\S]*^verdict: violated$/m);
    }
  });

  kernelTest('ends at Ctrl-C with the table so far', async () => {
    const storm = start(['--seconds', '600']);
    await storm.begun();
    await sleep(2000);
    storm.child.kill('SIGINT');
    const { status, out } = await storm.ended;
    expect(out.trimEnd().split('\n').at(-1)).toMatch(/^nothing violated \(interrupted\): /);
    expect(status).toBe(0);
  });

  kernelTest('ends with status 1 where a worker is lost, and says which', async () => {
    const storm = start(['--seconds', '600']);
    const workers = (await storm.begun()).filter((pid) => commandOf(pid).includes('storm-worker'));
    expect(workers.length).toBeGreaterThan(0);
    process.kill(workers[0] ?? 0, 'SIGKILL');
    const { status, out } = await storm.ended;
    expect(out).toMatch(/^VIOLATED +exercise: the worker on CPU \d+ has ended: SIGKILL$/m);
    expect(out.trimEnd().split('\n').at(-1)).toMatch(/^violated: .*exercise/);
    expect(status).toBe(1);
  });

  kernelTest('killed in mid-storm leaves no process behind, the other dtrace neither, and no probe', async () => {
    const storm = start(['--seconds', '16']);
    const children = await storm.begun(['dtrace']);
    // Its sessions come and go; it is killed while one is there.
    let objects = programsOf(storm.child.pid ?? 0);
    for (let tries = 0; tries < 500 && objects.length <= 10; tries += 1) {
      await sleep(20);
      objects = programsOf(storm.child.pid ?? 0);
    }
    expect(objects.length).toBeGreaterThan(10);
    storm.child.kill('SIGKILL');
    await storm.ended;
    const deadline = Date.now() + 20_000;
    const left = () => ({ children: children.filter(runs), programs: objects.filter(programExists) });
    while (Date.now() < deadline && (left().children.length > 0 || left().programs.length > 0)) await sleep(50);
    expect(left()).toEqual({ children: [], programs: [] });
    // No probe of it is in the way of another tracer.
    const after = spawnSync(process.execPath, [`${root}/bin/dtrace`, '-qn', 'BEGIN { exit(0); }'], { timeout: 30_000 });
    expect(after.status).toBe(0);
  });

  it.each([
    [['storm', '--break', 'nothing'], /^xcall: --break nothing is not known\n {4}hint: --break takes drop-tick or /],
    [['storm', 'now'], /^xcall: unexpected now: /],
    [['watch', '--break', 'no-wait'], /^xcall: --break does not go with xcall watch\n/],
  ])('refuses %j with status 2', (words, expected) => {
    const { status, out, err } = xcall(words);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toMatch(expected);
  });

  const dropped = ['--bounding-set', '-all', '--inh-caps', '-all'];
  const mayDrop = spawnSync('setpriv', [...dropped, 'true']).status === 0;
  const why = mayDrop ? '' : ' [skipped: setpriv is not there or may not drop capabilities]';
  it.skipIf(!mayDrop)(`is refused without privileges with status 1 and what to do${why}`, () => {
    const command = [...dropped, process.execPath, `${root}/bin/xcall`, 'storm', '--seconds', '1'];
    const { status, stdout, stderr } = spawnSync('setpriv', command, { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^xcall: cross-calls are refused: .*Operation not permitted \(EPERM\)\n {4}hint: /);
  });
});

/** Those that a test has started: none outlives it. */
const storms: ChildProcess[] = [];

afterEach(() => {
  for (const storm of storms.splice(0)) storm.kill('SIGKILL');
});

/** Starts a storm; `begun` settles once its probes and these processes are there, with all that it has started. */
function start(words: readonly string[]) {
  const child = spawn(process.execPath, [`${root}/bin/xcall`, 'storm', ...words]);
  storms.push(child);
  let out = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  const ended = new Promise<{ status: number | null; out: string }>((resolve) => {
    child.on('close', (status) => resolve({ status, out }));
  });
  const begun = async (beside: readonly string[] = []): Promise<readonly number[]> => {
    const deadline = Date.now() + 40_000;
    const pid = child.pid ?? 0;
    const there = (name: string): boolean => descendantsOf(pid).some((each) => commandOf(each).includes(`bin/${name}`));
    while (programsOf(pid).length < 10 || !beside.every(there)) {
      if (Date.now() > deadline || child.exitCode !== null) throw new Error('the storm has not begun');
      await sleep(20);
    }
    return descendantsOf(pid);
  };
  return { child, ended, begun };
}

const orNothing = <T>(read: () => T, nothing: T): T => {
  try {
    return read();
  } catch {
    return nothing;
  }
};

const childrenOf = (pid: number): readonly number[] =>
  orNothing(() => readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1'), '')
    .trim()
    .split(' ')
    .filter((word) => word !== '')
    .map(Number);

const descendantsOf = (pid: number): readonly number[] =>
  childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);

const commandOf = (pid: number): string => orNothing(() => readFileSync(`/proc/${pid}/cmdline`, 'latin1'), '');

/** Whether the process still is, and is more than an entry that nobody has read yet. */
const runs = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) &&
  !/^State:\s+[ZX]/m.test(orNothing(() => readFileSync(`/proc/${pid}/status`, 'latin1'), 'State: X'));

/** The numbers of the programs that a process holds. */
const programsOf = (pid: number): readonly number[] =>
  orNothing(() => readdirSync(`/proc/${pid}/fdinfo`), []).flatMap((fd) => {
    const text = orNothing(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'), '');
    const id = /^prog_id:\s*(\d+)/m.exec(text)?.[1];
    return id === undefined ? [] : [Number(id)];
  });
