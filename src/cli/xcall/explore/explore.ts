/** `xcall explore NAME`: one exploration, and its report. */

import {
  type Exploration,
  type ExploreOptions,
  explorationJson,
  explorationText,
  explore,
} from '../../../explorer/index.js';
import { watchInterrupts } from '../../interrupts.js';
import type { XcallArguments } from '../arguments.js';
import { outputWidth, print } from '../output.js';
import { progressLine } from '../progress.js';
import { findMechanism } from './find-mechanism.js';

/** Exit status of an exploration: 0 safe, 1 refuted, 3 incomplete. */
export function statusOf({ verdict }: Pick<Exploration, 'verdict'>): number {
  return verdict === 'safe' ? 0 : verdict === 'incomplete' ? 3 : 1;
}

/** What a command line asks of the search. */
export function exploreOptions(given: XcallArguments): ExploreOptions {
  const { cpus, memory, maxStates, properties, options, fold, stopAtContract } = given;
  return {
    options,
    fold,
    stopAtContract,
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memory }),
    ...(maxStates === undefined ? {} : { maxStates }),
    ...(properties.length === 0 ? {} : { properties }),
  };
}

/** Explores and reports; gives the exit status. Ctrl-C ends the search: what it has found is reported as incomplete. */
export async function exploreCommand(given: XcallArguments): Promise<number> {
  const mechanism = await findMechanism(given);
  const line = progressLine(process.stderr);
  const exploration = await interruptible((signal) =>
    explore(mechanism, { ...exploreOptions(given), signal, onProgress: (progress) => line.show(progress) }),
  ).finally(() => line.clear());
  print(
    given.json
      ? `${JSON.stringify(explorationJson(exploration), undefined, 2)}\n`
      : explorationText(exploration, { width: outputWidth() }),
  );
  return statusOf(exploration);
}

/** Does something that Ctrl-C asks to end early, and a second Ctrl-C ends at once. */
export async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  const interrupts = watchInterrupts(() => controller.abort());
  try {
    return await work(controller.signal);
  } finally {
    interrupts.close();
  }
}
