/**
 * Runs in the guest: what sync() costs with two CPUs online and with all, in turns, in one boot. Prints a line of JSON
 * (`SyncCost` of lab/sync-cost.ts) and the figures in words.
 *
 * What is offline is called too, since sync() leaves no possible CPU out: what that costs is in the first figure.
 */

import { enableText, openSession, runningKernel } from '../../src/index.js';
import { onlineCpus } from '../../src/sys/index.js';
import { describeSyncCost, medianOf, type SyncCost } from '../sync-cost.js';
import { plug } from './plug.js';

const rounds = 15;
const calls = 400;
const unmeasured = 100;

const plugAll = (cpus: readonly number[], online: boolean): void => {
  for (const cpu of cpus) plug(cpu, online);
};

const microseconds = (call: () => void): number => {
  const times: number[] = [];
  for (let round = 0; round < unmeasured + calls; round += 1) {
    const start = process.hrtime.bigint();
    call();
    if (round >= unmeasured) times.push(Number(process.hrtime.bigint() - start) / 1e3);
  }
  return medianOf(times);
};

const kernel = runningKernel();
using session = openSession(enableText('BEGIN { }', kernel), kernel);
const all = onlineCpus();
const further = all.slice(2);
const pairs: [number, number][] = [];
try {
  for (let round = 0; round < rounds; round += 1) {
    plugAll(further, false);
    const few = microseconds(session.sync.sync);
    plugAll(further, true);
    pairs.push([few, microseconds(session.sync.sync)]);
  }
} finally {
  plugAll(further, true);
}
const cost: SyncCost = { cpus: [all.length - further.length, all.length], pairs };
console.log(JSON.stringify(cost));
console.log(`figure: ${describeSyncCost(cost)}`);
