/**
 * A process that traces, for tests of what cannot be tested within their own process: `node --import tsx test/tracer.ts
 * TEXT [hold]` runs the D text with a program of its own as $target, and prints the output; with `hold` it prints the
 * kernel objects that it has made, and traces until it is killed.
 */

import { heldObjects } from './kernel-objects.js';
import { calls, startProgram } from './programs.js';
import { trace } from './trace.js';

const [text = '', hold] = process.argv.slice(2);
const program = await startProgram([{ call: calls.getpgid, arguments: ['counter'], times: 3 }]);
const { lines } = await trace(text, {
  programs: [program],
  ...(hold === undefined
    ? {}
    : {
        patience: 600_000,
        meanwhile: () => {
          process.stdout.write(`${JSON.stringify(heldObjects())}\n`);
          return new Promise<void>(() => {});
        },
      }),
});
process.stdout.write(`${JSON.stringify({ pid: process.pid, ppid: process.ppid, target: program.pid, lines })}\n`);
