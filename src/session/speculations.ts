/** The speculations of a session: their cleaner, and what of them was lost. */

import type { Program } from '../bpf/program.js';
import { createCrossCall, crossCallOffline } from '../bpf/run.js';
import type { ProgramSpec } from '../bpf/spec.js';
import {
  type SpeculationShape,
  speculationPart,
  speculationParts,
  speculationStateMask,
  speculationStates,
  speculationWords,
} from '../d/codegen/memory/speculation-layout.js';
import { generateSpeculationCleaner } from '../d/codegen/speculation/cleaner.js';
import type { MappedMemory } from '../sys/index.js';

/** What was lost, since the session began. */
export interface SpeculationDrops {
  /** Records that found no room in a speculation that was committed. */
  readonly speculative: number;
  /** Calls of speculation() that failed because what was free had still to be cleaned, and because all were in use. */
  readonly speculationBusy: number;
  readonly speculationUnavailable: number;
}

/** The speculations of a session. */
export interface SessionSpeculations {
  /** Cleans those that have ended; returns how many are free again. Throws SystemCallError. */
  clean(): number;
  drops(): SpeculationDrops;
}

/** What they need of the session. */
export interface SpeculationSurroundings {
  readonly shape: SpeculationShape;
  /** The map `speculations`. */
  readonly memory: MappedMemory;
  /** Loads a program, which the session closes. */
  load(spec: ProgramSpec): Program;
  readonly possibleCpus: readonly number[];
  readonly cpuOfSlot: readonly (number | undefined)[];
}

/** Loads the cleaner. Throws the errors of loading. */
export function openSpeculations(surroundings: SpeculationSurroundings): SessionSpeculations {
  const { shape, memory, load, possibleCpus, cpuOfSlot } = surroundings;
  const programs = generateSpeculationCleaner(shape);
  const here = createCrossCall(load(programs.here));
  const finish = createCrossCall(load(programs.finish));
  const argument = new BigUint64Array(1);
  const stranded = createCrossCall(load(programs.stranded), new Uint8Array(argument.buffer));
  const word = (offset: number): bigint => Atomics.load(memory.u64, offset / 8);
  const numbers = Array.from({ length: shape.speculations }, (_, index) => index);
  const parts = speculationParts(shape);

  const hasEnded = (index: number): boolean =>
    (Number(word(speculationWords.states + 8 * index)) & speculationStateMask) >= speculationStates.committingMany;

  /** Runs a program on the first CPU that is online and has a slot. */
  const anywhere = (call: (cpu: number) => number): number => {
    for (const cpu of cpuOfSlot) {
      const result = cpu === undefined ? crossCallOffline : call(cpu);
      if (result !== crossCallOffline) return result;
    }
    return 0;
  };
  return {
    clean: () => {
      if (!numbers.some(hasEnded)) return 0;
      for (const cpu of possibleCpus) {
        if (here(cpu) !== crossCallOffline) continue;
        const slot = cpuOfSlot.indexOf(cpu);
        if (slot < 0) continue;
        argument[0] = BigInt(slot);
        anywhere(stranded);
      }
      return anywhere(finish);
    },
    drops: () => {
      let speculative = 0;
      for (let part = 0; part < shape.speculations * shape.slots; part += 1) {
        speculative += Number(word(parts + part * speculationPart.size + speculationPart.lost));
      }
      return {
        speculative,
        speculationBusy: Number(word(speculationWords.busy)),
        speculationUnavailable: Number(word(speculationWords.unavailable)),
      };
    },
  };
}
