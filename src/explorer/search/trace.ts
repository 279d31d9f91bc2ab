/** The way to a state, in words: found again from the parents that the search kept. */

import type { TraceEntry } from '../exploration.js';
import { type Described, describeFirst, describeTransition } from '../machine/describe.js';
import type { Machine } from '../machine/machine.js';
import type { StateTable } from './state-table.js';

/** A way, and the state at its end. */
export interface Way {
  readonly entries: readonly TraceEntry[];
  readonly end: Int32Array;
}

/** The shortest way to a state, and then the transition of that number, where one is told. */
export function wayTo(machine: Machine, table: StateTable, state: number, transition?: number): Way {
  const numbers: number[] = [];
  for (let at = state; table.parent(at) >= 0; at = table.parent(at)) numbers.unshift(at);
  const wanted = new Int32Array(machine.fields.words);
  const made = new Int32Array(machine.fields.words);
  const entries: TraceEntry[] = [];
  let end = machine.initial();
  const append = (described: Described | undefined): void => {
    if (described === undefined) throw new Error('a state that the search met cannot be reached again');
    entries.push(described.entry);
    end = described.next;
  };
  for (const number of numbers) {
    table.read(number, wanted);
    const matches = (next: Int32Array): boolean => {
      machine.fields.pack(next, made, 0);
      return made.every((word, index) => word === wanted[index]);
    };
    append(describeFirst(machine, end, matches));
  }
  if (transition !== undefined) append(describeTransition(machine, end, transition));
  return { entries, end };
}

/** The transitions of those numbers, one after the other. */
export function wayAlong(machine: Machine, start: Int32Array, transitions: readonly number[]): Way {
  const entries: TraceEntry[] = [];
  let end = start;
  for (const number of transitions) {
    const described = describeTransition(machine, end, number);
    if (described === undefined) throw new Error('a transition of a cycle cannot be made again');
    entries.push(described.entry);
    end = described.next;
  }
  return { entries, end };
}
