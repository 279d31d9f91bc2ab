/** Memory as a CPU sees it: at once in one order, or through its store buffer. */

import type { CpuFields } from './layout.js';

/** One CPU's view. Elements are fields of shared variables. */
export interface CpuMemory {
  /** What the CPU sees in an element. */
  readonly read: (state: Int32Array, element: number) => number;
  /** Whether another store has room. */
  readonly hasRoom: (state: Int32Array) => boolean;
  readonly write: (state: Int32Array, element: number, value: number) => void;
  /** Whether all stores of the CPU are visible. */
  readonly drained: (state: Int32Array) => boolean;
  /** Makes the oldest store visible. */
  readonly drain: (state: Int32Array) => void;
}

const direct: CpuMemory = {
  read: (state, element) => state[element] as number,
  hasRoom: () => true,
  write(state, element, value) {
    state[element] = value;
  },
  drained: () => true,
  drain: () => undefined,
};

/** The view of one CPU: direct where its store buffer has no entries. */
export function cpuMemory({ buffered, entries }: CpuFields): CpuMemory {
  if (entries.length === 0) return direct;
  const elements = entries.map(({ element }) => element);
  const values = entries.map(({ value }) => value);
  return {
    read(state, element) {
      for (let entry = (state[buffered] as number) - 1; entry >= 0; entry--) {
        if (state[elements[entry] as number] === element) return state[values[entry] as number] as number;
      }
      return state[element] as number;
    },
    hasRoom: (state) => (state[buffered] as number) < entries.length,
    write(state, element, value) {
      const entry = state[buffered] as number;
      state[elements[entry] as number] = element;
      state[values[entry] as number] = value;
      state[buffered] = entry + 1;
    },
    drained: (state) => state[buffered] === 0,
    drain(state) {
      state[state[elements[0] as number] as number] = state[values[0] as number] as number;
      const last = (state[buffered] as number) - 1;
      for (let entry = 0; entry < last; entry++) {
        state[elements[entry] as number] = state[elements[entry + 1] as number] as number;
        state[values[entry] as number] = state[values[entry + 1] as number] as number;
      }
      // An unused entry always holds the same, so that equal states are equal vectors.
      state[elements[last] as number] = 0;
      state[values[last] as number] = 0;
      state[buffered] = last;
    },
  };
}
