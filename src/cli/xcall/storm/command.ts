/**
 * `xcall storm`: the scenario that started it, live, and the soak test of the protocol. It is loaded when it is asked for:
 * it needs koffi.
 */

import { explorationText, explore, mechanisms } from '../../../explorer/index.js';
import { runningKernel } from '../../../session/target-kernel.js';
import { watchInterrupts } from '../../interrupts.js';
import { thisCommandLine } from '../../privilege.js';
import type { XcallArguments } from '../arguments.js';
import { progressBar } from '../bench/progress-bar.js';
import type { BreakName } from '../flags.js';
import { outputWidth, print } from '../output.js';
import { refusalText } from '../refusal.js';
import { breaks } from './breaks.js';
import { LoadError } from './load/load.js';
import { stormJson, stormText } from './outcome/report.js';
import { usualTickRate } from './program.js';
import { raiseStorm } from './storm.js';

/** Exit statuses: something is violated or no storm is possible here; a wrong mechanism that the storm did not find. */
const status = { held: 0, violated: 1, missed: 3 } as const;

const usualSeconds = { storm: 60, break: 18 } as const;

/** Runs the storm and prints its table; gives the exit status. */
export async function stormCommand(given: XcallArguments): Promise<number> {
  const { json, broken } = given;
  const seconds = given.seconds ?? (broken === undefined ? usualSeconds.storm : usualSeconds.break);
  const interrupts = watchInterrupts();
  const bar = progressBar(process.stderr);
  const onProgress = (share: number, what: string): void => bar.show(share, what);
  try {
    const tickRate = given.rate ?? usualTickRate;
    const storm = await raiseStorm({ seconds, tickRate, broken, interrupts, kernel: runningKernel(), onProgress });
    bar.clear();
    print(json ? `${JSON.stringify(stormJson(storm), undefined, 2)}\n` : stormText(storm));
    if (storm.violations.length > 0) return status.violated;
    if (broken === undefined || storm.interrupted) return status.held;
    return await reportMissed(broken, json);
  } catch (error) {
    bar.clear();
    const text = error instanceof LoadError ? error.message : refusalText(error, thisCommandLine());
    if (text === undefined) throw error;
    process.stderr.write(`xcall: ${text}\n`);
    return status.violated;
  } finally {
    interrupts.close();
  }
}

/** What stress does not find, the explorer does. */
async function reportMissed(broken: BreakName, json: boolean): Promise<number> {
  const { about, mechanism: name, question } = breaks[broken];
  const mechanism = mechanisms.find((each) => each.name === name);
  if (mechanism === undefined) throw new Error(`there is no mechanism ${name}`);
  const exploration = await explore(mechanism, question);
  const text = `missed by stress: ${about}. The explorer's counterexample:\n\n${explorationText(exploration, { width: outputWidth() })}`;
  // Standard output is one document there.
  if (json) process.stderr.write(text);
  else print(`\n${text}`);
  return status.missed;
}
