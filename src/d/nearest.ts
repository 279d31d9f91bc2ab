/** Suggestions for misspelt names. */

/**
 * The candidate that is nearest to `name`, if one is near enough to be what the user meant: at most one edit for three
 * characters, where an edit inserts, deletes, replaces a character or swaps two neighbours. Ties go to the first.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let limit = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - name.length) >= limit) continue;
    const distance = editDistance(name, candidate);
    // A name of one or two characters is one edit away from any other.
    if (distance >= limit || distance >= Math.min(name.length, candidate.length)) continue;
    best = candidate;
    limit = distance;
  }
  return best;
}

/** The least number of insertions, deletions, replacements and swaps of neighbours that turn `left` into `right`. */
export function editDistance(left: string, right: string): number {
  const at = (row: readonly number[], index: number): number => row[index] ?? 0;
  let before: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replaced = at(previous, j - 1) + (left[i - 1] === right[j - 1] ? 0 : 1);
      let distance = Math.min(replaced, at(previous, j) + 1, at(row, j - 1) + 1);
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) {
        distance = Math.min(distance, at(before, j - 2) + 1);
      }
      row.push(distance);
    }
    before = previous;
    previous = row;
  }
  return at(previous, right.length);
}
