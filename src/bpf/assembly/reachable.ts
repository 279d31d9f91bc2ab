/** Removes instructions that no path reaches: the verifier refuses programs that have any. */

import type { AssemblyItem } from '../instruction.js';

/**
 * The items without instructions that cannot be reached from the entry, functions included that nothing calls: the kernel
 * takes those for a part of the function before. Labels stay, and positions that something follows.
 */
export function dropUnreachable(items: readonly AssemblyItem[]): readonly AssemblyItem[] {
  const places = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    if (item.kind === 'label' || item.kind === 'function') places.set(item.name, index);
  }
  const pending = [items.findIndex(({ kind }) => kind === 'function')];
  const reached = new Set<number>();
  for (let start = pending.pop(); start !== undefined; start = pending.pop()) {
    for (let at = Math.max(0, start); at < items.length && !reached.has(at); at += 1) {
      reached.add(at);
      const item = items[at];
      if (item?.kind === 'jump' || item?.kind === 'jump-if' || item?.kind === 'call-function') {
        const target = places.get(item.target);
        if (target !== undefined) pending.push(target);
      }
      if (item?.kind === 'jump' || item?.kind === 'exit') break;
    }
  }
  const last = items.findLastIndex((_, index) => reached.has(index));
  return items.filter(
    (item, index) => reached.has(index) || item.kind === 'label' || (item.kind === 'position' && index < last),
  );
}
