/** The speculations of a session: the programs of their cleaner, and what of them was lost. */

import type { BpfMap } from '../bpf/map.js';
import type { Program } from '../bpf/program.js';
import type { ProgramSpec } from '../bpf/spec.js';
import {
  type SpeculationShape,
  speculationPart,
  speculationParts,
  speculationWords,
} from '../d/codegen/memory/speculation-layout.js';
import { generateSpeculationCleaner } from '../d/codegen/speculation/cleaner.js';
import type { ServedSpeculations } from '../xcall/mailbox/open.js';

/** What was lost, since the session began. */
export interface SpeculationDrops {
  /** Records that found no room in a speculation that was committed. */
  readonly speculative: number;
  /** Calls of speculation() that failed because what was free had still to be cleaned, and because all were in use. */
  readonly speculationBusy: number;
  readonly speculationUnavailable: number;
}

/** Loads the programs of the cleaner with `load`; they are what the mailbox's server cleans by. Throws the errors of loading. */
export function loadSpeculationCleaner(
  shape: SpeculationShape,
  map: BpfMap,
  load: (spec: ProgramSpec) => Program,
): ServedSpeculations {
  const { here, stranded, finish } = generateSpeculationCleaner(shape);
  return { shape, map, here: load(here), stranded: load(stranded), finish: load(finish) };
}

/** What `map`, the map `speculations`, has counted. */
export function speculationDrops(shape: SpeculationShape, map: BpfMap | undefined): SpeculationDrops | undefined {
  const { memory } = map ?? {};
  if (memory === undefined) return undefined;
  const word = (offset: number): number => Number(Atomics.load(memory.u64, offset / 8));
  const parts = speculationParts(shape);
  let speculative = 0;
  for (let part = 0; part < shape.speculations * shape.slots; part += 1) {
    speculative += word(parts + part * speculationPart.size + speculationPart.lost);
  }
  return {
    speculative,
    speculationBusy: word(speculationWords.busy),
    speculationUnavailable: word(speculationWords.unavailable),
  };
}
