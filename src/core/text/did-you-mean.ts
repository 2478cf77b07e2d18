/** The name that someone most likely meant. */

/**
 * The name that was probably meant: the one with the fewest edits, if they are at most a third of its letters; a single
 * edit always counts. Case and the choice of `-` or `_` do not.
 */
export function nearest(wrong: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const name of names) {
    const allowed = Math.max(1, Math.floor(Math.max(name.length, wrong.length) / 3));
    if (Math.abs(name.length - wrong.length) > allowed) continue;
    const edits = editDistance(plain(wrong), plain(name));
    if (edits <= allowed && edits < least) {
      best = name;
      least = edits;
    }
  }
  return best;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

/**
 * Letters to insert, delete, replace or swap with their neighbor to get from one word to the other: the optimal string
 * alignment distance (Damerau 1964), by dynamic programming over three rows.
 */
function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = previous[column - 1] + (from[row - 1] === to[column - 1] ? 0 : 1);
      let least = Math.min(previous[column] + 1, current[column - 1] + 1, replaced);
      const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (isSwap) least = Math.min(least, before[column - 2] + 1);
      current.push(least);
    }
    before = previous;
    previous = current;
  }
  return previous[to.length];
}
