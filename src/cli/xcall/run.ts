/** `xcall run NAME`: a mechanism executed once, a lane a CPU, with a watchdog. */

import { outcomeLines, type RunOutcome, run, runWriter, settingText, simulate } from '../../explorer/index.js';
import type { XcallArguments } from './arguments.js';
import { exploreOptions } from './explore/explore.js';
import { findMechanism } from './explore/find-mechanism.js';
import { outputWidth, pace, print } from './output.js';

/** Runs and prints; gives the exit status: 0 if nothing went wrong, otherwise 1. */
export async function runCommand(given: XcallArguments): Promise<number> {
  const mechanism = await findMechanism(given);
  const { seed = 1, steps, speed, stopAtContract } = given;
  const { machine, setting } = simulate(mechanism, exploreOptions(given));
  const writer = runWriter(setting.cpus, outputWidth());
  print(`${settingText(setting)}, seed ${seed}\n\n${writer.heading}\n`);
  const running = run(machine, { seed, stopAtContract, ...(steps === undefined ? {} : { steps }) });
  for (let event = running.next(); ; event = running.next()) {
    if (event.done === true) {
      print(`\n${outcomeLines(event.value).join('\n')}\n`);
      return wentWrong(event.value, stopAtContract) ? 1 : 0;
    }
    print(`${writer.lines(event.value).join('\n')}\n`);
    await pace(speed);
  }
}

/** A breach of a calling rule is only told, as Linux does, unless it was to end the run. */
const wentWrong = ({ hanging, broken, breaches }: RunOutcome, stopAtContract: boolean): boolean =>
  hanging.length > 0 || broken.length > 0 || (stopAtContract && breaches.length > 0);
