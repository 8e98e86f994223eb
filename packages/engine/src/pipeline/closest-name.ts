/** The name that differs from `wanted` by the fewest edits, if it is close enough to be what was meant; null otherwise. */
export function closestName(wanted: string, names: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const name of names) {
    const edits = editDistance(wanted.toLowerCase(), name.toLowerCase(), least);
    if (edits < least) {
      least = edits;
      best = name;
    }
  }
  return best;
}

/** Levenshtein's distance; `bound` when it is at least that, which is known as soon as every way so far takes as many edits. */
function editDistance(left: string, right: string, bound: number): number {
  if (Math.abs(left.length - right.length) >= bound) return bound;
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  let next = row.slice();
  for (let i = 1; i <= left.length; i++) {
    next[0] = i;
    let least = i;
    for (let j = 1; j <= right.length; j++) {
      const change = (row[j - 1] as number) + (left[i - 1] === right[j - 1] ? 0 : 1);
      const edits = Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1);
      next[j] = edits;
      if (edits < least) least = edits;
    }
    if (least >= bound) return bound;
    [row, next] = [next, row];
  }
  return Math.min(bound, row[right.length] as number);
}
