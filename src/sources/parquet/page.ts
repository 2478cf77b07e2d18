/** The pages of one column in one row group, one after another: the memory of a column is that of a page. */
import type { CompressionCodec, RowGroup } from 'hyparquet';
import { decompressPage } from './codecs.js';
import { damagedParquet, unsafeParquet } from './failures.js';
import { countOf, readAt, type ParquetFile } from './footer.js';
import type { PageMeter } from './limits.js';
import type { Leaf } from './schema.js';
import { Incomplete, readThrift, type Fields, type Read } from './thrift.js';

/** Usual headers are smaller. */
const HEADER_BYTES = 16 * 1024;

export interface Page {
  readonly kind: 'dictionary' | 'data';
  readonly encoding: number;
  /** Values, nulls included. */
  readonly count: number;
  /** Levels of the second form, which are in front of the values; undefined if `values` begins with them. */
  readonly levels: { readonly repetition: Uint8Array; readonly definition: Uint8Array } | undefined;
  readonly values: Uint8Array;
}

interface Chunk {
  readonly codec: CompressionCodec;
  readonly end: number;
  readonly values: number;
}

const pageTypes: Readonly<Record<number, 'data' | 'index' | 'dictionary' | 'data-2'>> = {
  0: 'data',
  1: 'index',
  2: 'dictionary',
  3: 'data-2',
};

export async function* pagesOf(
  parquet: ParquetFile,
  group: RowGroup,
  leaf: Leaf,
  meter: PageMeter,
): AsyncGenerator<Page> {
  const { file, where } = parquet;
  const { start, ...chunk } = chunkOf(parquet, group, leaf);
  let position = start;
  let left = chunk.values;
  while (left > 0) {
    const { fields, end } = await headerAt(parquet, position, chunk.end);
    const [plain, packed] = [number(fields, 2), number(fields, 3)];
    position += end;
    if (packed > chunk.end - position) throw damagedParquet(where, 'has a page that is longer than its column');
    const kind = pageTypes[number(fields, 1)];
    if (kind !== 'index') {
      meter.page(plain);
      const page = pageOf(kind, fields, await readAt(file, position, packed), { ...chunk, where, plain });
      if (page.kind === 'data') left -= page.count;
      if (left < 0) throw damagedParquet(where, `has more values in column \`${leaf.path[0]}\` than it declares`);
      yield page;
    }
    position += packed;
  }
}

/** Where a column's pages are. Throws for a place outside the file. */
function chunkOf(parquet: ParquetFile, group: RowGroup, leaf: Leaf): Chunk & { readonly start: number } {
  const { where, footer } = parquet;
  const name = leaf.path.join('.');
  const found = group.columns.find(({ meta_data: meta }) => meta?.path_in_schema.join('.') === name);
  if (found?.meta_data === undefined) throw damagedParquet(where, `has no data of the column \`${name}\``);
  if (found.file_path) throw damagedParquet(where, `has the column \`${name}\` in another file`);
  const { meta_data: meta } = found;
  const dictionary = countOf(meta.dictionary_page_offset ?? 0n, where);
  const data = countOf(meta.data_page_offset, where);
  const start = dictionary > 0 ? Math.min(dictionary, data) : data;
  const end = start + countOf(meta.total_compressed_size, where);
  if (end > footer) throw damagedParquet(where, `has the column \`${name}\` outside the file`);
  const values = countOf(meta.num_values, where);
  const rows = countOf(group.num_rows, where);
  if (leaf.repetition === 0 && values !== rows)
    throw damagedParquet(where, `has ${values} values for ${rows} rows in the column \`${name}\``);
  return { start, end, values, codec: meta.codec };
}

async function headerAt({ file, where, bounds }: ParquetFile, position: number, end: number): Promise<Read> {
  for (const most of [HEADER_BYTES, bounds.pageHeaderBytes]) {
    const length = Math.min(most, end - position);
    if (length <= 0) throw damagedParquet(where, 'has fewer values than it declares');
    try {
      return readThrift(await readAt(file, position, length));
    } catch (error) {
      if (!(error instanceof Incomplete) || most >= end - position) throw error;
    }
  }
  throw unsafeParquet(where, 'has a page header of more than 1 MB');
}

interface PageContext extends Chunk {
  readonly where: string;
  /** Bytes when decompressed. */
  readonly plain: number;
}

function pageOf(
  kind: 'data' | 'dictionary' | 'data-2' | undefined,
  fields: Fields,
  bytes: Uint8Array,
  { codec, where, plain }: PageContext,
): Page {
  if (kind === 'data' || kind === 'dictionary') {
    const header = structure(fields, kind === 'data' ? 5 : 7);
    const values = decompressPage(codec, bytes, plain, where);
    return { kind, encoding: number(header, 2), count: number(header, 1), levels: undefined, values };
  }
  if (kind === undefined) throw new Error('a page is of an unknown type');
  const header = structure(fields, 8);
  const [definition, repetition] = [number(header, 5), number(header, 6)];
  const start = definition + repetition;
  if (start > bytes.length || start > plain) throw new Error('a page is shorter than its levels');
  const packed = bytes.subarray(start);
  const isPacked = header.get(7) !== false;
  return {
    kind: 'data',
    encoding: number(header, 4),
    count: number(header, 1),
    levels: { repetition: bytes.subarray(0, repetition), definition: bytes.subarray(repetition, start) },
    values: isPacked ? decompressPage(codec, packed, plain - start, where) : packed,
  };
}

function number(fields: Fields, id: number): number {
  const value = fields.get(id);
  if (typeof value !== 'number' || value < 0) throw new Error('a page header is incomplete');
  return value;
}

function structure(fields: Fields, id: number): Fields {
  const value = fields.get(id);
  if (typeof value !== 'object') throw new Error('a page header is incomplete');
  return value;
}
