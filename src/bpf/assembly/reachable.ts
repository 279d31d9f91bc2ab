/** Removes instructions that no path reaches: the verifier refuses programs that have any. */

import type { AssemblyItem } from '../instruction.js';

/** The items without instructions that cannot be reached from the start of their function; labels and functions stay. */
export function dropUnreachable(items: readonly AssemblyItem[]): readonly AssemblyItem[] {
  const places = new Map<string, number>();
  const pending: number[] = [];
  for (const [index, item] of items.entries()) {
    if (item.kind === 'label' || item.kind === 'function') places.set(item.name, index);
    if (item.kind === 'function') pending.push(index);
  }
  const reached = new Set<number>();
  for (let start = pending.pop(); start !== undefined; start = pending.pop()) {
    for (let at = start; at < items.length && !reached.has(at); at += 1) {
      reached.add(at);
      const item = items[at];
      if (item?.kind === 'jump' || item?.kind === 'jump-if') {
        const target = places.get(item.target);
        if (target !== undefined) pending.push(target);
      }
      if (item?.kind === 'jump' || item?.kind === 'exit') break;
    }
  }
  return items.filter((item, index) => reached.has(index) || item.kind === 'label' || item.kind === 'position');
}
