/** A process for tests to kill: starts a victim, says its id, and waits. Its arguments: the command, `release` or `wait`. */

import { startVictim } from '../../src/cli/targets/victim.js';

const [command = '', then] = process.argv.slice(2);
const victim = startVictim(command);
await victim.ready;
if (then === 'release') victim.release();
process.stdout.write(`${victim.pid}\n`);
setInterval(() => {}, 1000);
