/**
 * Runs in the guest: `node bench-figures.mjs FILE` checks what `xcall bench --json` has written, and prints the figures.
 * Ends with status 1 where a pair of online CPUs is missing, or a figure is no time.
 */

import { readFileSync } from 'node:fs';
import { onlineCpus } from '../../src/sys/index.js';

interface Figures {
  readonly min_ns: number;
  readonly p50_ns: number;
  readonly p99_ns: number;
  readonly max_ns: number;
}

interface Bench {
  readonly cpus: readonly number[];
  readonly pairs: readonly (Figures & { readonly from: number; readonly to: number })[];
  readonly sync: Figures;
  readonly membarrier_private: Figures;
  readonly membarrier_global: Figures;
  readonly bare_prog_run: Figures;
}

const [file = ''] = process.argv.slice(2);
const bench = JSON.parse(readFileSync(file, 'utf8')) as Bench;

const wrong: string[] = [];
const judge = (what: string, { min_ns, p50_ns, p99_ns, max_ns }: Figures): void => {
  const inOrder = [0, min_ns, p50_ns, p99_ns, max_ns].every((value, index, all) => value >= (all[index - 1] ?? 0));
  if (!inOrder || min_ns === 0) wrong.push(`${what}: ${[min_ns, p50_ns, p99_ns, max_ns].join(', ')} ns`);
  const us = (value: number): string => (value / 1000).toFixed(1);
  console.log(`${what}: min ${us(min_ns)}, p50 ${us(p50_ns)}, p99 ${us(p99_ns)}, max ${us(max_ns)} us`);
};

const cpus = onlineCpus();
for (const from of cpus) {
  for (const to of cpus) {
    const pair = bench.pairs.find((one) => one.from === from && one.to === to);
    if (pair === undefined) wrong.push(`no figures from CPU ${from} to CPU ${to}`);
    else judge(`CPU ${from} to CPU ${to}`, pair);
  }
}
for (const name of ['sync', 'membarrier_private', 'membarrier_global', 'bare_prog_run'] as const) {
  judge(name, bench[name]);
}
for (const text of wrong) console.log(`wrong: ${text}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
