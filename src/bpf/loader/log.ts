/** Reads the verifier's log: where it stopped, and what a user should see of it. */

import type { Assembled } from '../assembly/assembler.js';
import type { SourcePosition } from '../instruction.js';
import type { VerifierRejection } from './errors.js';

/** A step of the verifier: `12: (79) r1 = *(u64 *)(r6 +0)`, perhaps with the state of the registers behind it. */
const step = /^\s*(\d+): \([0-9a-f]{2}\)/;

/** Refusals before the verifier follows any path: `unreachable insn 5`, `jump out of range from insn 1 to 9`. */
const structural = /\binsn #?(\d+)/;

const statistics = /^(processed \d+ insns|verification time |stack depth |max_states_per_insn)/;

const lastMatch = (lines: readonly string[], pattern: RegExp): number | undefined => {
  for (let index = lines.length - 1; index >= 0; index--) {
    const number = pattern.exec(lines[index] ?? '')?.[1];
    if (number !== undefined) {
      return Number(number);
    }
  }
  return undefined;
};

/** The source position that instruction `slot` belongs to: the last one at or before it in its function. */
export const positionAt = ({ functions, lines }: Assembled, slot: number): SourcePosition | undefined => {
  const start = functions.reduce((found, next) => (next.slot <= slot ? Math.max(found, next.slot) : found), 0);
  return lines
    .filter((line) => line.slot >= start && line.slot <= slot)
    .reduce<(typeof lines)[number] | undefined>((a, b) => (a === undefined || b.slot >= a.slot ? b : a), undefined)
    ?.position;
};

/** Makes sense of a log; `shown` limits the lines that are kept. */
export const readVerifierLog = (log: string, assembled: Assembled, shown = 12): VerifierRejection => {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  const told = lines.filter((line) => !statistics.test(line));
  const instruction = lastMatch(told, step) ?? lastMatch(told, structural);
  const position = instruction === undefined ? undefined : positionAt(assembled, instruction);
  return {
    lines: told.slice(-shown),
    omitted: Math.max(0, told.length - shown),
    ...(instruction === undefined ? {} : { instruction }),
    ...(position === undefined ? {} : { position }),
  };
};
