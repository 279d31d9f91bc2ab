/** Numbers that look random and are the same for the same seed, on any system. */

/** Gives a whole number from 0 to below `below` (1 to 2^32), another at each call. */
export type Random = (below: number) => number;

/** A source of numbers; seeds that are equal in their low 32 bits give the same. A Weyl sequence, its bits mixed. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    mixed ^= mixed >>> 15;
    // The high bits are the better ones: scale instead of taking the remainder.
    return Math.floor(((mixed >>> 0) / 2 ** 32) * below);
  };
}
