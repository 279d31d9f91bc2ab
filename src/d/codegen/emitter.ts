/** Collects the items of a program, with labels that are unique in it. */

import { type AssemblyItem, label as labelItem } from '../../bpf/instruction.js';

/** Where generated code goes. */
export interface Emitter {
  readonly items: AssemblyItem[];
  /** Instructions that the verifier will follow beyond those that stand there, roughly: the rounds of loops. */
  readonly repeated: number;
  /** Adds to `repeated`. */
  repeats(instructions: number): void;
  /** Appends. */
  emit(...items: readonly AssemblyItem[]): void;
  /** A name that no other label of the program has. */
  fresh(stem: string): string;
  /** Places a label here. */
  place(name: string): void;
  /** Appends `items` after everything else of the function: for paths that are hardly ever taken. */
  later(items: readonly AssemblyItem[]): void;
  /** Appends what `later` put aside; at the end of each function. */
  flush(): void;
}

/** An empty program text. */
export function createEmitter(): Emitter {
  const items: AssemblyItem[] = [];
  let count = 0;
  let repeated = 0;
  let aside: AssemblyItem[] = [];
  return {
    items,
    get repeated() {
      return repeated;
    },
    repeats: (instructions) => {
      repeated += instructions;
    },
    emit: (...more) => {
      items.push(...more);
    },
    fresh: (stem) => {
      count += 1;
      return `${stem}_${count}`;
    },
    place: (name) => {
      items.push(labelItem(name));
    },
    later: (more) => {
      aside.push(...more);
    },
    flush: () => {
      items.push(...aside);
      aside = [];
    },
  };
}
