/** Turns offsets into a text into lines and columns, with the lines around them. */
import type { Position } from '../core/problem.js';

/**
 * The lines of one file. Columns and lengths count characters (code points), so that a caret is under what it points
 * to.
 */
export class Lines {
  /** Offset of each line's first character. */
  private readonly starts: number[] = [0];

  constructor(
    private readonly file: string,
    private readonly text: string,
  ) {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.starts.push(at + 1);
  }

  /** The position of the text between two offsets; only its part on the first line is underlined. */
  position(from: number, to: number): Position {
    const index = this.lineAt(from);
    const start = this.starts[index];
    const line = this.lineText(index);
    const underlined = line.slice(from - start, Math.max(from, to) - start).trimEnd();
    const numbers = [index - 1, index, index + 1].filter((number) => number >= 0 && this.isShown(number));
    return {
      file: this.file,
      line: index + 1,
      column: characters(line.slice(0, from - start)) + 1,
      length: Math.max(1, characters(underlined)),
      excerpt: numbers.map((number) => ({ line: number + 1, text: this.lineText(number) })),
    };
  }

  /** By bisection, the last line that starts at or before an offset. */
  private lineAt(offset: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.starts[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private lineText(index: number): string {
    const end = index + 1 < this.starts.length ? this.starts[index + 1] - 1 : this.text.length;
    return this.text.slice(this.starts[index], end).replace(/\r$/, '');
  }

  /** What follows the last line break is not a line unless something is written there. */
  private isShown(index: number): boolean {
    return index < this.starts.length && (index === 0 || this.starts[index] < this.text.length);
  }
}

function characters(text: string): number {
  let count = 0;
  for (const _character of text) count++;
  return count;
}
