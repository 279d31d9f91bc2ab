/** Runs in the guest: a storm of ten seconds, judged as lab/storm-verdict.ts says. Ends with status 1 where it does not hold. */

import { spawnSync } from 'node:child_process';
import { onlineCpus } from '../../src/sys/index.js';
import { describeStorm, type StormOutcome, stormDefects } from '../storm-verdict.js';

// At the usual rate an emulated CPU does little beside its ticks, and buffers are hardly switched.
const words = ['storm', '--seconds', '10', '--rate', '199', '--json'];
const { stdout, stderr, status } = spawnSync('bin/xcall', words, { encoding: 'utf8' });
console.log(stdout, stderr);
const storm = stdout.trim() === '' ? undefined : (JSON.parse(stdout) as StormOutcome);
const defects = storm === undefined ? [`it ended with status ${status}`] : stormDefects(storm, onlineCpus().length);
for (const text of defects) console.log(`wrong: ${text}`);
if (storm !== undefined) console.log(`figure: ${describeStorm(storm)}`);
process.exitCode = defects.length === 0 ? 0 : 1;
