/** The rows of a Parquet file: the columns that are asked for, side by side, in chunks. */
import type { RowGroup } from 'hyparquet';
import { asParquetFailure, damagedParquet } from './failures.js';
import { countOf, type ParquetFile } from './footer.js';
import { PageMeter } from './limits.js';
import { pagesOf } from './page.js';
import type { Leaf } from './schema.js';
import { decodeData, decodeDictionary, type LeafOptions, type Value } from './values.js';

/** A chunk has at most so many rows. */
const CHUNK = 1024;

export interface Wanted extends LeafOptions {
  readonly leaf: Leaf;
  /** The most values of a list. */
  readonly list: number;
}

/** One value per wanted column and row; a list for columns of lists. */
export type Row = readonly Value[];

/** Throws `bad-data` for what is damaged and `unsafe` for what exceeds the limits. */
export async function* parquetRows(parquet: ParquetFile, wanted: readonly Wanted[]): AsyncGenerator<readonly Row[]> {
  const meter = new PageMeter(parquet.where, parquet.size, parquet.bounds);
  try {
    for (const group of parquet.groups) yield* groupRows(parquet, group, wanted, meter);
  } catch (error) {
    throw asParquetFailure(error, parquet.where);
  }
}

async function* groupRows(
  parquet: ParquetFile,
  group: RowGroup,
  wanted: readonly Wanted[],
  meter: PageMeter,
): AsyncGenerator<readonly Row[]> {
  const columns = wanted.map((one) => new Column(leafRows(parquet, group, one, meter)));
  const rows = countOf(group.num_rows, parquet.where);
  try {
    for (let done = 0; done < rows;) {
      for (const column of columns) await column.fill();
      const length = Math.min(CHUNK, rows - done, ...columns.map(({ ready }) => ready));
      if (length === 0) throw damagedParquet(parquet.where, `has fewer rows than it declares`);
      const taken = columns.map((column) => column.take(length));
      yield Array.from({ length }, (_, row) => taken.map((values) => values[row]));
      done += length;
    }
  } finally {
    for (const column of columns) await column.close();
  }
}

/** Values of one column that were read and not yet taken. */
class Column {
  private values: readonly Value[] = [];
  private next = 0;

  constructor(private readonly pages: AsyncGenerator<readonly Value[]>) {}

  get ready(): number {
    return this.values.length - this.next;
  }

  async fill(): Promise<void> {
    while (this.ready === 0) {
      const { done, value } = await this.pages.next();
      if (done === true) return;
      this.values = value as readonly Value[];
      this.next = 0;
    }
  }

  take(length: number): readonly Value[] {
    const start = this.next;
    this.next += length;
    return this.values.slice(start, this.next);
  }

  async close(): Promise<void> {
    await this.pages.return(undefined);
  }
}

/** The rows of one column, page by page. */
async function* leafRows(
  parquet: ParquetFile,
  group: RowGroup,
  { leaf, asBytes, list }: Wanted,
  meter: PageMeter,
): AsyncGenerator<readonly Value[]> {
  let dictionary: ArrayLike<Value> | undefined;
  let open: Value[] | undefined;
  for await (const page of pagesOf(parquet, group, leaf, meter)) {
    if (page.kind === 'dictionary') {
      dictionary = decodeDictionary(page, leaf, { asBytes });
      continue;
    }
    const { values, repetition, definition } = decodeData(page, leaf, dictionary, { asBytes });
    if (repetition === undefined) {
      yield values;
      continue;
    }
    const rows: Value[][] = [];
    // A row may begin in one page and go on in the next.
    for (const [i, value] of values.entries()) {
      if (repetition[i] === 0) {
        if (open !== undefined) rows.push(open);
        open = [];
      }
      if (open === undefined) throw new Error('a list begins in the middle');
      if (definition === undefined || definition[i] === leaf.definition) open.push(value);
      if (open.length > list)
        throw damagedParquet(parquet.where, `has a list of more than ${list.toLocaleString('en-US')} values`);
    }
    yield rows;
  }
  if (open !== undefined) yield [open];
}
