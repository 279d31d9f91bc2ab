/**
 * The cleaner of speculations (dtrace_speculation_clean() of the original): each CPU publishes or forgets its part of those
 * that were committed or discarded, by a cross-call, and what nobody is in any more becomes free.
 */

import { type CrossCall, crossCallOffline } from '../../bpf/run.js';
import {
  type SpeculationShape,
  speculationStateMask,
  speculationStates,
  speculationWords,
} from '../../d/codegen/memory/speculation-layout.js';
import type { Words } from './words.js';

/** What the cleaner works with: the programs of `generateSpeculationCleaner()`, and the map `speculations`. */
export interface SpeculationCleaning {
  readonly shape: SpeculationShape;
  readonly words: Words;
  readonly here: CrossCall;
  readonly finish: CrossCall;
  /** Runs `stranded` for a slot, on the CPU. */
  readonly stranded: (slot: number) => CrossCall;
  readonly possibleCpus: readonly number[];
  /** Slot by CPU; `shape.slots` or more: it has none. */
  readonly slotOfCpu: Uint8Array;
}

/** Makes the function that cleans what has ended, and returns how many speculations are free again. Throws SystemCallError. */
export function createSpeculationCleaner(cleaning: SpeculationCleaning): () => number {
  const { shape, words, here, finish, stranded, possibleCpus, slotOfCpu } = cleaning;
  const numbers = Array.from({ length: shape.speculations }, (_, index) => index);
  const hasEnded = (index: number): boolean =>
    (Number(words.load(speculationWords.states + 8 * index)) & speculationStateMask) >=
    speculationStates.committingMany;
  const slotOf = (cpu: number): number | undefined => {
    const slot = slotOfCpu[cpu] ?? shape.slots;
    return slot < shape.slots ? slot : undefined;
  };
  /** Runs a program on the first CPU that is online and has a slot. */
  const anywhere = (call: CrossCall): number => {
    for (const cpu of possibleCpus) {
      const result = slotOf(cpu) === undefined ? crossCallOffline : call(cpu);
      if (result !== crossCallOffline) return result;
    }
    return 0;
  };
  return () => {
    if (!numbers.some(hasEnded)) return 0;
    for (const cpu of possibleCpus) {
      if (here(cpu) !== crossCallOffline) continue;
      const slot = slotOf(cpu);
      if (slot !== undefined) anywhere(stranded(slot));
    }
    return anywhere(finish);
  };
}
