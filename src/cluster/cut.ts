/** Cuts what is missing of a list into jobs. */

/** From an index to another (exclusive). */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Ranges of at most `size` indexes over those that are missing and in no range that is taken. Indexes are in order. */
export function* cut(missing: readonly number[], taken: readonly Range[], size: number): Generator<Range> {
  const ranges = [...taken].sort((a, b) => a.from - b.from);
  let next = 0;
  let open: { from: number; to: number } | undefined;
  for (const index of missing) {
    while (next < ranges.length && ranges[next].to <= index) next++;
    const isTaken = next < ranges.length && ranges[next].from <= index;
    if (open !== undefined && (isTaken || index - open.from >= size || crosses(ranges, next, open, index))) {
      yield open;
      open = undefined;
    }
    if (isTaken) continue;
    if (open === undefined) open = { from: index, to: index + 1 };
    else open.to = index + 1;
  }
  if (open !== undefined) yield open;
}

/** Whether a range that is taken lies between what is open and an index. */
function crosses(ranges: readonly Range[], next: number, open: Range, index: number): boolean {
  const before = ranges[next - 1];
  return before !== undefined && before.from >= open.to && before.to <= index;
}
