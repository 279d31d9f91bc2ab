/**
 * The command xcall: reads its arguments, does what they ask for, and writes what went wrong. Only bench, watch
 * and storm need the kernel.
 */

import { mechanisms } from '../explorer/index.js';
import { packageVersion } from './version.js';
import { parseArguments, type XcallArguments } from './xcall/arguments.js';
import { exploreAll } from './xcall/explore/all.js';
import { demoCommand } from './xcall/explore/demo.js';
import { exploreCommand } from './xcall/explore/explore.js';
import { listJson, listText } from './xcall/explore/list.js';
import { looksLikeFile, messageOf } from './xcall/explore/mechanism-file.js';
import { endWithReader, print } from './xcall/output.js';
import { runCommand } from './xcall/run.js';
import { commandUsageText, usageText } from './xcall/usage.js';
import { UsageError } from './xcall/usage-error.js';

/** Status of a command line, or of a mechanism, that cannot be followed. */
const wrong = 2;

/** Runs xcall with the words after its name; gives the exit status. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  endWithReader();
  let file: string | undefined;
  // What a user's file leaves running may fail at any time.
  process.on('uncaughtException', (error) => process.exit(report(error, file)));
  try {
    const given = parseArguments(argv);
    if (given.target !== undefined && looksLikeFile(given.target)) file = given.target;
    return await follow(given);
  } catch (error) {
    return report(error, file);
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
  if (command === 'bench') {
    // What needs koffi is loaded on demand, so that the rest works without it.
    const { benchCommand } = await import('./xcall/bench/command.js');
    return benchCommand(given);
  }
  if (command === 'watch') {
    const { watchCommand } = await import('./xcall/watch/command.js');
    return watchCommand(given);
  }
  if (command === 'storm') {
    const { stormCommand } = await import('./xcall/storm/command.js');
    return stormCommand(given);
  }
  if (list) {
    print(json ? `${JSON.stringify(listJson(mechanisms), undefined, 2)}\n` : listText(mechanisms));
    return 0;
  }
  return all ? exploreAll(mechanisms, given) : exploreCommand(given);
}

/** Writes what went wrong, with the user's file if there is one; gives the exit status. */
function report(error: unknown, file: string | undefined): number {
  const { message, hint } = describe(error, file);
  process.stderr.write(`xcall: ${message}\n${hint === undefined ? '' : `    hint: ${hint}\n`}`);
  return wrong;
}

function describe(
  error: unknown,
  file: string | undefined,
): { readonly message: string; readonly hint?: string | undefined } {
  if (error instanceof UsageError) return error;
  const inFile = file === undefined ? '' : `${file}: `;
  const message = `${inFile}${messageOf(error)}`;
  // By its name: a user's file may have made it with another copy of the explorer.
  const { name, hint } = error as { readonly name?: string; readonly hint?: string };
  if (name === 'MechanismError') return { message, hint };
  const defect = 'this is a defect of dtrace-linux: please report it with the command line';
  return { message, hint: file === undefined ? defect : `are all steps made by dtrace-linux/explorer? then ${defect}` };
}
