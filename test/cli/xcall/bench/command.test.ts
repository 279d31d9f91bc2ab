import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { BenchJson } from '../../../../src/cli/xcall/bench/report.js';
import { offersMembarrier, onlineCpus } from '../../../../src/sys/index.js';
import { kernelTest } from '../../../kernel-test.js';
import { root, xcall } from '../xcall.js';

const numbers = {
  min_ns: expect.any(Number),
  p50_ns: expect.any(Number),
  p99_ns: expect.any(Number),
  max_ns: expect.any(Number),
};

const tooBusy = /^no membarrier\(2\) private: CPU \d+ was too busy/;

describe('xcall bench', () => {
  const cpus = onlineCpus();
  const [only = 0, ...others] = cpus;

  kernelTest('measures every pair of CPUs, sync(), the barriers and the bare call', () => {
    const { status, out, err } = xcall(['bench', '--json', '--seconds', '1']);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const result = JSON.parse(out) as BenchJson;
    const direction = { from: only, to: others[0] ?? only };
    // On a busy machine the thread that is to be interrupted may not get to run.
    const kept = result.notes.some((note) => tooBusy.test(note));
    expect(result).toEqual({
      cpus: cpus.length,
      pairs: cpus.flatMap((caller) => cpus.map((target) => ({ from: caller, to: target, ...numbers }))),
      sync: numbers,
      membarrier_private: offersMembarrier('private-expedited') && !kept ? { ...direction, ...numbers } : null,
      membarrier_global: offersMembarrier('global') ? numbers : null,
      bare_prog_run: { ...direction, ...numbers },
      notes: expect.any(Array),
    });
    if (cpus.length > 1) expect(result.notes.filter((note) => !tooBusy.test(note))).toEqual([]);
    const all = [
      ...result.pairs,
      result.sync,
      result.membarrier_private,
      result.membarrier_global,
      result.bare_prog_run,
    ];
    for (const figures of all) {
      if (figures === null) continue;
      const { min_ns, p50_ns, p99_ns, max_ns } = figures;
      expect(min_ns).toBeGreaterThan(0);
      expect([min_ns, p50_ns, p99_ns, max_ns]).toEqual([min_ns, p50_ns, p99_ns, max_ns].toSorted((a, b) => a - b));
    }
  });

  const mayPin = others.length > 0 && spawnSync('taskset', ['-c', String(only), 'true']).status === 0;
  const whyNot = mayPin ? '' : ' [skipped: one CPU only, or no taskset]';
  (mayPin ? kernelTest : it.skip)(`calls from the CPUs only that it may run on, and says so${whyNot}`, () => {
    const words = ['-c', String(only), process.execPath, `${root}/bin/xcall`, 'bench', '--json', '--seconds', '1'];
    const { status, stdout } = spawnSync('taskset', words, { encoding: 'utf8' });
    expect(status).toBe(0);
    const { pairs, notes, bare_prog_run } = JSON.parse(stdout) as BenchJson;
    expect([bare_prog_run.from, bare_prog_run.to]).toEqual([only, others[0]]);
    expect(pairs.map(({ from, to }) => [from, to])).toEqual(cpus.map((to) => [only, to]));
    expect(notes).toContain(`no calls from CPU ${others.join(', ')}: this process may not run there (its affinity)`);
  });

  const dropped = ['--bounding-set', '-all', '--inh-caps', '-all'];
  const mayDrop = spawnSync('setpriv', [...dropped, 'true']).status === 0;
  const why = mayDrop ? '' : ' [skipped: setpriv is not there or may not drop capabilities]';
  it.skipIf(!mayDrop)(`is refused without privileges with status 1 and what to do${why}`, () => {
    const command = [...dropped, process.execPath, `${root}/bin/xcall`, 'bench'];
    const { status, stdout, stderr } = spawnSync('setpriv', command, { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(
      /^xcall: cross-calls are refused: bpf\(\w+\): Operation not permitted \(EPERM\)\n {4}hint: /,
    );
    expect(stderr.split('\n')).toHaveLength(3);
  });
});
