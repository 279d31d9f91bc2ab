/**
 * What DTrace syncs for: each operation that dtrace.c guards by dtrace_sync() or dtrace_xcall(), on its own, with the sync,
 * without it, and, where a cyclic calls it, from a timer's interrupt on Linux.
 *
 * Each file in `callers/` is an operation; `callers/operation.ts` says what surrounds it.
 */

import { MechanismError } from '../../model/error.js';
import { type MechanismOption, mechanism } from '../../model/mechanism.js';
import { bufferSwitch } from './callers/buffer-switch.js';
import { deadman, deadmanTwoWords } from './callers/deadman.js';
import { dynvarClean } from './callers/dynvar-clean.js';
import { ecbAdd } from './callers/ecb-add.js';
import { ecbDisable } from './callers/ecb-disable.js';
import { ecbEnable } from './callers/ecb-enable.js';
import { type How, type Operation, operationModel } from './callers/operation.js';
import { predicateCache } from './callers/predicate-cache.js';
import { probeUnregister } from './callers/probe-unregister.js';
import { speculationClean } from './callers/speculation-clean.js';
import { stateDestroy } from './callers/state-destroy.js';
import { stateGo } from './callers/state-go.js';
import { stateStop } from './callers/state-stop.js';

/** The operations, the default first. */
export const operations: readonly Operation[] = [
  dynvarClean,
  speculationClean,
  ecbAdd,
  ecbEnable,
  ecbDisable,
  probeUnregister,
  stateGo,
  stateStop,
  stateDestroy,
  bufferSwitch,
  deadman,
];

const hows: readonly (MechanismOption & { readonly name: How })[] = [
  { name: 'sync', group: 'how', summary: 'With the syncs and cross-calls of the original.' },
  { name: 'no-sync', group: 'how', summary: "Without them: a cross-call's work is done from the caller's CPU." },
  {
    name: 'from-timer',
    group: 'how',
    summary: 'The sync is smp_call_function(), from the interrupt of a timer on Linux.',
  },
];

/** More of an operation than it has by default: the option, the operation that it goes with, and what takes its place. */
interface Refinement {
  readonly option: MechanismOption;
  readonly of: string;
  readonly operation: Operation;
}

const refinements: readonly Refinement[] = [
  {
    option: { name: 'predicates', summary: 'For ecb-enable: the ECBs have predicates, and threads a predicate cache.' },
    of: ecbEnable.name,
    operation: predicateCache,
  },
  {
    option: { name: 'two-words', summary: 'For deadman: dts_alive is two words, as on a 32-bit kernel.' },
    of: deadman.name,
    operation: deadmanTwoWords,
  },
];

function operationOf(options: ReadonlySet<string>): Operation {
  const operation = operations.find(({ name }) => options.has(name)) ?? dynvarClean;
  const refinement = refinements.find(({ option }) => options.has(option.name));
  if (refinement === undefined) return operation;
  const { of, option } = refinement;
  if (of === operation.name) return refinement.operation;
  throw new MechanismError('', `${option.name} does not go with ${operation.name}`, `it goes with ${of}`);
}

/** Every operation that needs the other CPUs, and what happens to it without them. */
export const dtraceSyncCallers = mechanism({
  name: 'dtrace-sync-callers',
  summary: 'Each operation that DTrace guards by a sync or cross-call: with it, without it, and from a timer.',
  options: [
    ...operations.map(({ name, summary }) => ({ name, group: 'operation', summary })),
    ...hows,
    ...refinements.map(({ option }) => option),
  ],
  variants: [
    ...operations.flatMap(({ name, cyclic }) =>
      hows.filter((how) => cyclic || how.name !== 'from-timer').map((how) => [name, how.name]),
    ),
    ...refinements.map(({ of, option }) => [of, 'sync', option.name]),
  ],
  memories: ['sc', 'tso'],
  cpus: { least: 2, most: 4 },
  build: ({ cpus, options }) => {
    const operation = operationOf(options);
    const how = hows.find(({ name }) => options.has(name))?.name ?? 'sync';
    if (how === 'from-timer' && !operation.cyclic) {
      const cyclics = operations.filter(({ cyclic }) => cyclic).map(({ name }) => name);
      throw new MechanismError(
        '',
        `no cyclic calls ${operation.name}, so it has no from-timer`,
        `from-timer goes with ${cyclics.join(', ')}`,
      );
    }
    return operationModel(operation, how, cpus);
  },
});
