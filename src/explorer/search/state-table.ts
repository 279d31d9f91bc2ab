/** All states that a search has met, packed, each once, in the order in which they were met. */

/** A set of packed states with numbers from 0. */
export interface StateTable {
  readonly count: () => number;
  /** Bytes in use. */
  readonly bytes: () => number;
  /**
   * Adds the packed state in `words`; `parent` is the state that it was reached from (-1 for the start). Gives its
   * number, or `~number` where it was known. Throws RangeError where memory is at its end; the table stays usable.
   */
  readonly add: (words: Int32Array, parent: number) => number;
  /** The number of a packed state, or -1. */
  readonly find: (words: Int32Array) => number;
  /** Copies a packed state into `words`. */
  readonly read: (state: number, words: Int32Array) => void;
  /** The state that it was first reached from; -1 for the start. */
  readonly parent: (state: number) => number;
}

/** States of one piece of the store: it grows by pieces, so that growing copies nothing. */
const chunkBits = 16;
const chunkStates = 1 << chunkBits;
const chunkMask = chunkStates - 1;

/** Slots of the hash index at first; it doubles when it is two thirds full. */
const firstSlots = 1 << 12;

/** Makes an empty table of states of `words` words of 32 bits. */
export function createStateTable(words: number): StateTable {
  const chunks: Int32Array[] = [];
  const parents: Int32Array[] = [];
  // Each slot: number of a state plus 1, or 0.
  let slots = new Int32Array(firstSlots);
  let count = 0;

  const slotOf = (state: Int32Array, offset: number, table: Int32Array): number => {
    const mask = table.length - 1;
    let slot = hash(state, offset, words) & mask;
    for (;;) {
      const known = table[slot] as number;
      if (known === 0 || same(known - 1, state, offset)) return slot;
      slot = (slot + 1) & mask;
    }
  };
  const same = (known: number, state: Int32Array, offset: number): boolean => {
    const chunk = chunks[known >>> chunkBits] as Int32Array;
    const start = (known & chunkMask) * words;
    for (let word = 0; word < words; word++) if (chunk[start + word] !== state[offset + word]) return false;
    return true;
  };
  const grow = (): void => {
    const larger = new Int32Array(slots.length * 2);
    const mask = larger.length - 1;
    for (let state = 0; state < count; state++) {
      let slot = hash(chunks[state >>> chunkBits] as Int32Array, (state & chunkMask) * words, words) & mask;
      while (larger[slot] !== 0) slot = (slot + 1) & mask;
      larger[slot] = state + 1;
    }
    slots = larger;
  };

  return {
    count: () => count,
    bytes: () => 4 * (slots.length + chunks.length * chunkStates * (words + 1)),
    add(state, parent) {
      let slot = slotOf(state, 0, slots);
      const known = slots[slot] as number;
      if (known !== 0) return ~(known - 1);
      if (count * 3 >= slots.length * 2) {
        grow();
        slot = slotOf(state, 0, slots);
      }
      const piece = count >>> chunkBits;
      if (piece === chunks.length) {
        const chunk = new Int32Array(chunkStates * words);
        parents.push(new Int32Array(chunkStates));
        chunks.push(chunk);
      }
      const within = count & chunkMask;
      (chunks[piece] as Int32Array).set(state, within * words);
      (parents[piece] as Int32Array)[within] = parent;
      slots[slot] = ++count;
      return count - 1;
    },
    find: (state) => (slots[slotOf(state, 0, slots)] as number) - 1,
    read(state, into) {
      const chunk = chunks[state >>> chunkBits] as Int32Array;
      const start = (state & chunkMask) * words;
      for (let word = 0; word < words; word++) into[word] = chunk[start + word] as number;
    },
    parent: (state) => (parents[state >>> chunkBits] as Int32Array)[state & chunkMask] as number,
  };
}

/** Mixes `words` words from `offset`: multiply and shift, so that neighbours fall far apart. */
function hash(state: Int32Array, offset: number, words: number): number {
  let mixed = words;
  for (let word = 0; word < words; word++) {
    mixed = Math.imul(mixed ^ (state[offset + word] as number), 0x9e3779b1);
    mixed ^= mixed >>> 15;
  }
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0x85ebca6b);
  return mixed ^ (mixed >>> 16);
}
