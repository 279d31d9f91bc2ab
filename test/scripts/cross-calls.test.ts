/** What the scripts about cross-calls and ticks say, held against cross-calls and ticks of our own. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isOnCrossCallPath } from '../../src/providers/cross-call-path.js';
import { runningKernelEvents } from '../../src/providers/tracepoint.js';
import { xcallProvider } from '../../src/providers/xcall.js';
import { getAffinity, setAffinity } from '../../src/sys/index.js';
import { kernelSkipReason, kernelTest } from '../kernel-test.js';
import { missedFirings, ownCpus, runFunctionName, traceOwnCalls } from '../own-calls.js';
import { type Trace, trace } from '../trace.js';

const script = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../scripts', `${name}.d`), 'utf8').replace(/^#!.*\n/, '');

const { from, to } = ownCpus;

/** Why there are no cross-calls to see here. */
const lacking = ((): string | undefined => {
  if (kernelSkipReason !== undefined) return kernelSkipReason;
  if (from === to) return 'one CPU only';
  const names = xcallProvider.probes().map(({ name }) => name);
  return ['queue', 'send', 'function-return'].every((name) => names.includes(name))
    ? undefined
    : 'the kernel has no tracepoints for cross-calls';
})();

const crossCallTest = (name: string, run: () => Promise<void>): void => {
  if (lacking === undefined) kernelTest(name, run);
  else it.skip(`${name} [skipped: ${lacking}]`, run);
};

const times = 400;

/** Whether the kernel lets programs read the interrupt flag. */
const flagIsReadable = (): boolean => runningKernelEvents().hasFunction('bpf_local_irq_save');

/** Traces this thread on one CPU waking a child on another, `times` over. */
async function traceWakeups(text: string, times: number): Promise<Trace> {
  const before = getAffinity();
  setAffinity([to]);
  const echo = spawn('cat', { stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    setAffinity([from]);
    return await trace(text, {
      meanwhile: async () => {
        for (let made = 0; made < times; made += 1) {
          const answer = once(echo.stdout, 'data');
          echo.stdin.write('x');
          await answer;
        }
      },
    });
  } finally {
    setAffinity(before);
    echo.kill('SIGKILL');
  }
}

const words = (line: string): string[] => line.trim().split(/ {2,}/);

describe('xcalls.d', () => {
  crossCallTest('names our calls by their function, as calls of dtrace that wait', async () => {
    const { lines, drops } = await traceOwnCalls(script('xcalls'), times);
    expect(lines[0]).toMatch(/^FUNCTION +ASKED FOR BY +PROCESS +WAITS +CALLS$/);
    const own = lines.map(words).filter(([called, , who]) => called === runFunctionName && who === '(this dtrace)');
    for (const [, asker] of own) expect(asker).toMatch(/^vmlinux`bpf_prog_test_run_raw_tp\+0x[0-9a-f]+$|^0x0$/);
    expect(own.some(([, asker]) => asker !== '0x0')).toBe(true);
    // The calls that the session itself makes are among them.
    expect(own.map(([, , , waits]) => waits)).toEqual(own.map(() => 'yes'));
    expect(own.reduce((sum, row) => sum + Number(row.at(-1)), 0)).toBeGreaterThanOrEqual(
      times - missedFirings({ drops }),
    );
  });
});

describe('xcalls.d, of who asks', () => {
  crossCallTest('counts as 0x0 what it cannot tell, in the same columns', async () => {
    const { lines, drops } = await traceOwnCalls(script('xcalls').replaceAll('arg9', '(arg9 & 0)'), times);
    const heading = lines[0] ?? '';
    const own = lines.filter((line) => line.startsWith(`${runFunctionName} `) && line.includes('(this dtrace)'));
    for (const line of own) {
      expect(line.indexOf('0x0 ')).toBe(heading.indexOf('ASKED FOR BY'));
      expect(line.indexOf('(this dtrace)')).toBe(heading.indexOf('PROCESS'));
    }
    expect(own.map(words).reduce((sum, row) => sum + Number(row.at(-1)), 0)).toBeGreaterThanOrEqual(
      times - missedFirings({ drops }),
    );
    const second = lines.findIndex((line) => line.startsWith('RESCHEDULING'));
    for (const line of lines.slice(second + 1)) expect(line).toMatch(/^0x0 {42}\S.* \d+$/);
  });
});

describe('xcalls.d, of wakeups of another CPU', () => {
  crossCallTest('names who wakes, not the code that does it', async () => {
    const { lines } = await traceWakeups(script('xcalls'), 200);
    const heading = lines.findIndex((line) => /^RESCHEDULING ASKED FOR BY +PROCESS +SENT$/.test(line));
    expect(heading).toBeGreaterThan(0);
    const kicks = lines.slice(heading + 1).map(words);
    // An idle CPU that polls is woken without an interrupt, so there may be none of those; the session's own calls are there.
    const askers = [...kicks.map(([asker]) => asker), ...lines.slice(1, heading).map((line) => words(line)[1])];
    const names = askers.flatMap((asker) => /^\w+`(.+)\+0x[0-9a-f]+$/.exec(asker ?? '')?.[1] ?? []);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter(isOnCrossCallPath)).toEqual([]);
  });
});

describe('xlatency.d', () => {
  crossCallTest('has each of our calls in the distributions of its pair of CPUs', async () => {
    const { output, drops } = await traceOwnCalls(script('xlatency'), times);
    const sums = distributions(output);
    for (const event of ['begun', 'acknowledged']) {
      expect(sums.get(`${event} ${from} ${to}`), event).toBeGreaterThanOrEqual(times - missedFirings({ drops }));
    }
  });
});

/** The counts of every distribution of an output, by its keys. */
function distributions(output: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  let keys = '';
  for (const line of output.split('\n')) {
    const count = /^ +\d+ \|.* (\d+) *$/.exec(line)?.[1];
    if (count !== undefined) sums.set(keys, (sums.get(keys) ?? 0) + Number(count));
    else if (line.trim() !== '' && !line.includes('Distribution')) keys = line.trim().replaceAll(/ +/g, ' ');
  }
  return sums;
}

describe('xcontract.d', () => {
  crossCallTest('has the stack of wakeups of another CPU, which are made with interrupts off', async () => {
    const { output, drops } = await traceWakeups(script('xcontract'), 200);
    const rows = output.split(/\n(?= *[0-3] (?:on|off|unknown) )/).slice(1);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      const [head = '', ...frames] = row.trimEnd().split('\n');
      expect(head).toMatch(/^ *[0-3] (on|off|unknown) +(YES|no|unknown) +\S+ +\d+$/);
      if (frames.at(-1)?.includes('does not tell')) frames.pop();
      expect(frames.filter((frame) => frame !== '' && !/^ {4}\S+`\S+$/.test(frame))).toEqual([]);
    }
    expect(rows.some((row) => /^ *0 off /.test(row) && row.includes('`try_to_wake_up+'))).toBe(flagIsReadable());
    // The kernel does not walk every stack: what it refuses is counted.
    expect(drops.filter(({ kind }) => kind !== 'stacks')).toEqual([]);
  });

  crossCallTest('leaves out calls from tasks with interrupts on, as ours are, and those only', async () => {
    const { lines } = await traceOwnCalls(script('xcontract'), times);
    const rows = lines.slice(1).filter((line) => /^ *[0-3] /.test(line) && !line.includes('does not tell'));
    const told = !lines.some((line) => line.includes('does not tell'));
    for (const row of rows) {
      const [level, interrupts, , called] = row.trim().split(/ +/);
      expect(level !== '0' || interrupts === 'off', row).toBe(true);
      if (level === '0' && told) expect(called).not.toBe(runFunctionName);
    }
    expect(lines[0]).toMatch(/^IPL INTERRUPTS/);
  });
});

describe('ticks.d', () => {
  kernelTest(
    'has of each CPU as many ticks fired and skipped as were due, by the count of the session too',
    async () => {
      const { lines, ticks } = await trace(script('ticks'), {
        meanwhile: () => new Promise((resolve) => setTimeout(resolve, 500)),
      });
      const rows = lines.slice(1).map((line) => line.trim().split(/ +/).map(Number));
      expect(rows.map(([cpu]) => cpu).sort()).toEqual(ticks.map(({ cpu }) => cpu).sort());
      for (const [cpu, interrupts = 0, expected = 0, fired = 0, skipped = 0] of rows) {
        expect(fired + skipped).toBe(expected);
        const session = ticks.find((tick) => tick.cpu === cpu);
        expect(fired).toBe(session?.fired);
        expect(fired).toBeGreaterThan(0);
        expect(skipped).toBeGreaterThanOrEqual(0);
        // The first tick of the script is the first that fired, and its last one the last.
        expect(expected).toBeLessThanOrEqual((session?.expected ?? 0) + 1);
        expect(interrupts).toBeGreaterThan(0);
      }
    },
  );
});
