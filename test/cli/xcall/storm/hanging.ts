/**
 * A process that hangs, for tests of the watchdog: `node --import tsx hanging.ts storm|worker`. Either the storm makes no
 * progress, or the worker on CPU 5 does not come back from its call with the number 42.
 */

import { Worker } from 'node:worker_threads';
import { loadBytes, wordsOf, workerWords } from '../../../../src/cli/xcall/storm/load/load-memory.js';
import { createPulse } from '../../../../src/cli/xcall/storm/watchdog/pulse.js';
import { createSharedFile, mapShared, placeOf } from '../../../../src/sys/index.js';
import { root } from '../xcall.js';

const cpus = [3, 5];
const file = createSharedFile('hanging', loadBytes(cpus.length));
const memory = mapShared(file.fd, loadBytes(cpus.length));
const pulse = createPulse();
pulse.at('switches the buffers: sync()');
const workerData = { pulse: pulse.buffer, load: placeOf(memory), cpus, patience: 500 };
const thread = new Worker(`${root}/dist/bundle/storm-watchdog.js`, { workerData });
thread.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(3);
});
if (process.argv[2] === 'worker') {
  const words = wordsOf(memory.buffer, 1);
  words[workerWords.begun + 1] = 42;
  words[workerWords.done + 1] = 41;
  setInterval(() => pulse.at('waits'), 20);
}
// What is not ended by the watchdog ends here, with another status.
setTimeout(() => process.exit(4), 20_000);
