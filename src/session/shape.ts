/** The sizes of a session's memory, from its options and the machine. */

import { totalmem } from 'node:os';
import type { RuntimeShape } from '../d/codegen/memory/layout.js';
import { onlineCpus, possibleCpus } from '../sys/index.js';
import { OptionError, type Options } from './options/options.js';

/** Options that decide sizes. */
export type SizeOptions = Pick<Options, 'bufsize' | 'bufresize' | 'aggsize' | 'dynvarsize' | 'nspec' | 'specsize'>;

/** The machine, as far as sizes depend on it. */
export interface Machine {
  readonly online: number;
  /** The highest number that a CPU can have. */
  readonly highestCpu: number;
  /** Bytes. */
  readonly memory: number;
}

/** The machine at hand. */
export const thisMachine = (): Machine => ({
  online: onlineCpus().length,
  highestCpu: Math.max(...possibleCpus()),
  memory: totalmem(),
});

const powerOfTwo = (atLeast: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, atLeast)));

/** Whole 64-bit words, of sizes that may be beyond 32 bits. */
const wholeWords = (bytes: number): number => Math.floor(bytes / 8) * 8;

/** Slots for CPUs that may come online later, where more are possible than are online. */
const spareSlots = 2;

/** Slots are numbered in a byte whose highest value says that a CPU has none. */
const mostSlots = 128;

/** How firings meet on one CPU. */
export type Nesting = Pick<RuntimeShape, 'levels' | 'preemptible'>;

/** The most that one map may be: pointers into it must stay within what the verifier follows (2^29). */
const largestMap = 2 ** 28;

/** Bytes that an element of an associative array is reckoned at. */
const elementSize = 64;

/**
 * The shape for a depth of nesting. Buffers that do not fit are halved until they do, unless `bufresize` is manual.
 * Throws OptionError then.
 */
export function shapeOf(options: SizeOptions, nesting: Nesting, machine: Machine): RuntimeShape {
  const { online, highestCpu, memory } = machine;
  const { levels, preemptible } = nesting;
  const possible = highestCpu + 1;
  const slots = powerOfTwo(Math.min(possible, online + spareSlots, mostSlots));
  const budget = Math.min(largestMap, memory / 16);
  const sized = (name: 'bufsize' | 'aggsize' | 'dynvarsize' | 'specsize', copies: number): number => {
    let size = wholeWords(options[name]);
    while (size * copies > budget) {
      if (options.bufresize === 'manual' || size < 2048) {
        const hint = `set ${name} to ${wholeWords(budget / copies)} or less, or bufresize to auto`;
        throw new OptionError(`${name} of ${options[name]} bytes is too much for ${slots} CPUs`, name, undefined, hint);
      }
      size = wholeWords(size / 2);
    }
    return size;
  };
  return {
    slots,
    cpus: powerOfTwo(possible),
    levels,
    preemptible,
    bufferSize: sized('bufsize', 2 * slots),
    aggregationSize: sized('aggsize', 2 * slots * levels),
    speculations: options.nspec,
    speculationSize: sized('specsize', options.nspec * slots),
    dynamicEntries: Math.max(16, Math.floor(sized('dynvarsize', 1) / elementSize)),
  };
}
