import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { progressLine, progressText } from '../../../src/cli/xcall/progress.js';
import { root } from './xcall.js';

const progress = { states: 1_234_567, depth: 40, seconds: 5, bytes: 95_500_000 };

/** A stream that keeps what is written. */
function stream(rest: { readonly isTTY?: boolean; readonly columns?: number }) {
  const written: string[] = [];
  return { written, ...rest, write: (text: string) => written.push(text) };
}

describe('the progress line', () => {
  it('tells states, states a second, depth and memory', () => {
    expect(progressText(progress)).toBe('1,234,567 states, 246,913/s, depth 40, 96 MB');
    expect(progressText({ ...progress, states: 0, seconds: 0 })).toMatch(/^0 states, 0\/s, /);
  });

  it('is written on a terminal only, in one line, and wiped in the end', () => {
    const file = stream({});
    progressLine(file).show(progress);
    expect(file.written).toEqual([]);

    const narrow = stream({ isTTY: true, columns: 20 });
    const line = progressLine(narrow);
    line.clear();
    expect(narrow.written).toEqual([]);
    line.show(progress);
    line.clear();
    expect(narrow.written).toEqual(['\r\u001b[K1,234,567 states, 2', '\r\u001b[K']);
  });

  it.each([undefined, 0])('fits 80 columns where the terminal says %s', (columns) => {
    const terminal = stream({ isTTY: true, ...(columns === undefined ? {} : { columns }) });
    progressLine(terminal, 'x'.repeat(200)).show(progress);
    expect(terminal.written).toEqual([`\r\u001b[K${'x'.repeat(79)}`]);
  });
});

const hasScript = spawnSync('script', ['--version']).status === 0;

describe('on a terminal', () => {
  /** Runs xcall on a terminal of its own; once the output passes the test, sends keys. */
  const typed = (words: string, ready: RegExp, keys: string): Promise<{ status: number | null; out: string }> =>
    new Promise((resolve) => {
      // exec: a shell that stayed in between would get the Ctrl-C too, and its status would be the one seen.
      const command = `exec ${process.execPath} ${root}/bin/xcall ${words}`;
      const child = spawn('script', ['-qec', command, '/dev/null'], { env: { ...process.env, SHELL: '/bin/sh' } });
      let out = '';
      let sent = false;
      child.stdout.on('data', (data) => {
        out += data;
        if (sent || !ready.test(out)) return;
        sent = true;
        child.stdin.write(keys);
      });
      child.on('close', (status) => resolve({ status, out }));
    });

  const folder = mkdtempSync(join(tmpdir(), 'xcall-terminal-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const endless = join(folder, 'endless.mjs');
  // Four CPUs with a thousand steps each: more states than anybody waits for, and nothing to refute.
  writeFileSync(
    endless,
    `import { mechanism, routine, shared, store } from 'dtrace-linux/explorer';
     const last = shared('last', { max: 0 });
     const long = routine('long', '', Array.from({ length: 1000 }, () => store('write', last, 0)));
     export default mechanism({
       name: 'endless', summary: '', options: [], variants: [[]],
       build: ({ cpus }) => ({
         cpus, variables: [last], vectors: [], sources: [], properties: [],
         tasks: Array.from({ length: cpus }, (_, cpu) => ({ name: 'task ' + cpu, cpu, routine: long })),
       }),
     });`,
  );

  it.skipIf(!hasScript)('Ctrl-C gives what was found so far, as incomplete, with status 3', async () => {
    const { status, out } = await typed(`explore ${endless} --cpus 4`, /states, .* depth/, '\u0003');
    expect(out).toMatch(/verdict: incomplete\r\n/);
    expect(out).toMatch(/Incomplete: it was stopped; nothing was refuted in \d+ states\.\r\n$/);
    expect(status).toBe(3);
  });

  it.skipIf(!hasScript)('a report of many explorations ends at Ctrl-C with what it has', async () => {
    const { status, out } = await typed('explore --all', /: [\d,]+ states/, '\u0003');
    expect(out).toMatch(/\d+ explored, \d+ safe.*\r\n$/);
    expect(status).toBe(3);
  });

  it.skipIf(!hasScript)('run paces its lines by --speed', async () => {
    const { status, out } = await typed('run linux-smp-call --speed 1000', /never/, '');
    expect(out).toMatch(/every CPU has finished\r\n$/);
    expect(status).toBe(0);
  });
});

describe('a reader that goes away', () => {
  it('ends xcall without a word', () => {
    const pipe = `${process.execPath} ${root}/bin/xcall explore --list | head -n 1`;
    const { stdout, stderr } = spawnSync('sh', ['-c', pipe], { encoding: 'utf8' });
    expect(stdout).toBe('linux-smp-call\n');
    expect(stderr).toBe('');
  });
});
