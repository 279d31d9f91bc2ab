/**
 * The cleaner of dynamic variables (dtrace_dynvar_clean() of the original): what probes have freed may be taken again
 * after a sync that began afterwards, for then no probe knows it any more.
 *
 * It notes how far each ring is written, has the sync made, and moves the position `clean` there. It has no state of its
 * own between the two: where it dies another one begins anew.
 */

import { type DynamicLayout, dynamicHeader, dynamicRing, ringAt } from '../../d/codegen/memory/dynamic-layout.js';
import type { Words } from './words.js';

/** An array whose freed elements are cleaned, and its memory. */
export interface CleanedArray {
  readonly layout: DynamicLayout;
  readonly words: Words;
}

/** Cleans arrays. */
export interface Cleaner {
  /** Makes the elements that are freed by now clean. `sync` is called once, if there are any. Throws what it throws. */
  clean(sync: () => void): void;
}

const low = 0xffff_ffffn;

/** A cleaner of `arrays`. */
export function createCleaner(arrays: readonly CleanedArray[]): Cleaner {
  const rings = arrays.flatMap(({ layout, words }) =>
    Array.from({ length: layout.rings }, (_, ring) => ({ layout, words, at: ringAt(layout, ring) })),
  );

  /** Up to where a ring is written without a gap: who was interrupted before it wrote its number holds up those behind. */
  const written = ({ layout, words, at }: (typeof rings)[number]): { readonly from: bigint; readonly to: bigint } => {
    const from = words.load(at + dynamicRing.clean);
    const tail = words.load(at + dynamicRing.tail);
    let to = from;
    for (; to < tail; to += 1n) {
      const cell = at + dynamicRing.cells + 8 * Number(to % BigInt(layout.ringCapacity));
      if (words.load(cell) >> 32n !== (to & low)) break;
    }
    return { from, to };
  };

  const setRinsing = (to: bigint): void => {
    for (const { words } of arrays) words.store(dynamicHeader.rinsing, to);
  };

  return {
    clean: (sync) => {
      // First: who asks from now on may have freed what is not seen here.
      for (const { words } of arrays) words.exchange(dynamicHeader.asked, 0n);
      const dirty = rings.map((ring) => ({ ring, ...written(ring) })).filter(({ from, to }) => to > from);
      if (dirty.length === 0) return;
      setRinsing(1n);
      try {
        sync();
      } finally {
        setRinsing(0n);
      }
      for (const { ring, to } of dirty) ring.words.store(ring.at + dynamicRing.clean, to);
    },
  };
}
