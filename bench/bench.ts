/** What a row of the benchmarks is given and gives. */

import type { Figure } from './figure.js';
import type { NativeProgram } from './native-programs.js';

/** What rows run with. */
export interface Bench {
  /** The version of the bpftrace that is installed, or undefined. */
  readonly bpftrace: string | undefined;
  /** The path of a compiled C program; throws MissingCompilerError. */
  native(program: NativeProgram): string;
  report(figure: Figure): void;
  /** Prints a remark under the figures. */
  note(text: string): void;
}

/** A benchmark. */
export interface Row {
  /** What `npm run bench -- NAME` names it by. */
  readonly name: string;
  readonly title: string;
  run(bench: Bench): Promise<void>;
}

/** Pairs that a row measures, unless it says otherwise. */
export const pairs = 11;
