/**
 * Running a machine from stop to stop. Between two stops it touches nothing that others see, so that interleaving
 * machines at their stops gives every behaviour there is.
 */

import type { Machine } from './arguments.js';
import { execute, type Stop } from './execute.js';
import { FaultSignal } from './fault.js';
import type { LinkedProgram } from './link.js';
import type { SharedMemory } from './memory/shared-memory.js';
import type { MachineState } from './state.js';

/** Instructions between two stops after which a program counts as running away: the verifier's own bound. */
export const localLimit = 1_000_000;

const ended = (state: MachineState): Stop | undefined => {
  if (state.status === 'exited') {
    return { kind: 'exit', value: state.registers[0] ?? 0n };
  }
  return state.fault === undefined ? undefined : { kind: 'fault', fault: state.fault };
};

const advance = (machine: Machine, resume: boolean): Stop => {
  const { program, state } = machine;
  let first = resume;
  for (let count = 0; count < localLimit; count += 1) {
    const instruction = program.instructions[state.pc];
    if (instruction === undefined) {
      throw new FaultSignal('runaway', 'there is no instruction here');
    }
    const stop = execute(machine, instruction, first);
    if (stop !== undefined) {
      return stop;
    }
    first = false;
  }
  throw new FaultSignal('runaway', `${localLimit} instructions without a stop`);
};

/**
 * Performs what the machine stopped before, if anything, and runs up to the next access to shared memory or call out of
 * the program, which it reports without performing it. An ended machine reports its end again. Changes `state` and
 * `memory` in place.
 */
export const step = (program: LinkedProgram, state: MachineState, memory: SharedMemory): Stop => {
  const end = ended(state);
  if (end !== undefined) {
    return end;
  }
  const resume = state.status === 'stopped';
  state.status = 'running';
  try {
    const stop = advance({ program, state, memory }, resume);
    state.status = stop.kind === 'exit' ? 'exited' : 'stopped';
    return stop;
  } catch (error) {
    if (!(error instanceof FaultSignal)) {
      throw error;
    }
    const fault = { code: error.code, message: error.message, slot: state.pc };
    state.status = 'faulted';
    state.fault = fault;
    return { kind: 'fault', fault };
  }
};

/** Runs a machine to its end. */
export const run = (
  program: LinkedProgram,
  state: MachineState,
  memory: SharedMemory,
): Extract<Stop, { kind: 'exit' | 'fault' }> => {
  for (;;) {
    const stop = step(program, state, memory);
    if (stop.kind === 'exit' || stop.kind === 'fault') {
      return stop;
    }
  }
};
