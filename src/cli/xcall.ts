/** The command xcall: reads its arguments, does what they ask for, and writes what went wrong. Nothing here needs the kernel. */

import { mechanisms } from '../explorer/index.js';
import { packageVersion } from './version.js';
import { exploreAll } from './xcall/all.js';
import { parseArguments, type XcallArguments } from './xcall/arguments.js';
import { demoCommand } from './xcall/demo.js';
import { exploreCommand } from './xcall/explore.js';
import { listJson, listText } from './xcall/list.js';
import { endWithReader, print } from './xcall/output.js';
import { runCommand } from './xcall/run.js';
import { commandUsageText, usageText } from './xcall/usage.js';
import { UsageError } from './xcall/usage-error.js';

/** Status of a command line, or of a mechanism, that cannot be followed. */
const wrong = 2;

/** Runs xcall with the words after its name; gives the exit status. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  endWithReader();
  try {
    return await follow(parseArguments(argv));
  } catch (error) {
    return report(error);
  }
}

async function follow(given: XcallArguments): Promise<number> {
  const { command, help, version, list, all, json } = given;
  if (help) {
    print(command === undefined ? usageText() : commandUsageText(command));
    return 0;
  }
  if (version || command === undefined) {
    print(`xcall: dtrace-linux ${packageVersion()}\n`);
    return 0;
  }
  if (command === 'run') return runCommand(given);
  if (command === 'demo') return demoCommand(given);
  if (list) {
    print(json ? `${JSON.stringify(listJson(mechanisms), undefined, 2)}\n` : listText(mechanisms));
    return 0;
  }
  return all ? exploreAll(mechanisms, given) : exploreCommand(given);
}

/** Errors of mechanisms are known by their name: those of a user's file may come from another copy of the explorer. */
function report(error: unknown): number {
  const { name, message, hint } = error as {
    readonly name?: string;
    readonly message?: string;
    readonly hint?: string;
  };
  process.stderr.write(`xcall: ${message ?? String(error)}\n`);
  if (error instanceof UsageError || name === 'MechanismError') {
    if (hint !== undefined) process.stderr.write(`    hint: ${hint}\n`);
  } else {
    process.stderr.write('    hint: this is a defect of dtrace-linux: please report it with the command line\n');
  }
  return wrong;
}
