/** Parquet files written byte by byte, with claims that no program would write. */

/** A value of Thrift's compact protocol; a list has the type of its items. */
export type Thrift =
  | { readonly int: number }
  | { readonly flag: boolean }
  | { readonly text: string | Uint8Array }
  | { readonly fields: Readonly<Record<number, Thrift>> }
  | { readonly list: readonly Thrift[]; readonly claims?: number };

export const int = (value: number): Thrift => ({ int: value });
export const text = (value: string): Thrift => ({ text: value });
export const struct = (fields: Readonly<Record<number, Thrift>>): Thrift => ({ fields });
export const list = (...items: readonly Thrift[]): Thrift => ({ list: items });

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

function typeOf(value: Thrift): number {
  if ('int' in value) return 6;
  if ('flag' in value) return value.flag ? 1 : 2;
  if ('text' in value) return 8;
  return 'fields' in value ? 12 : 9;
}

export function thrift(value: Thrift): Buffer {
  if ('int' in value) return varint(value.int < 0 ? -2 * value.int - 1 : 2 * value.int);
  if ('flag' in value) return Buffer.alloc(0);
  if ('text' in value) return Buffer.concat([varint(Buffer.from(value.text).length), Buffer.from(value.text)]);
  if ('list' in value) {
    const type = value.list.length === 0 ? 12 : typeOf(value.list[0]);
    return Buffer.concat([
      Buffer.of(0xf0 | type),
      varint(value.claims ?? value.list.length),
      ...value.list.map(thrift),
    ]);
  }
  const fields = Object.entries(value.fields).flatMap(([id, field]) => [
    Buffer.of(typeOf(field)),
    varint(2 * Number(id)),
    thrift(field),
  ]);
  return Buffer.concat([...fields, Buffer.of(0)]);
}

const BYTE_ARRAY = 6;
const PLAIN = 0;
export const DICTIONARY = 8;
export const codecs = { none: 0, snappy: 1, gzip: 2, lz4: 7 } as const;

interface ForgedPage {
  /** Compressed, with levels. */
  readonly bytes: Uint8Array;
  /** What it claims to be decompressed; its length if left out. */
  readonly plain?: number;
  readonly count: number;
  readonly encoding?: number;
  readonly isDictionary?: boolean;
}

function pageBytes({ bytes, plain = bytes.length, count, encoding = PLAIN, isDictionary = false }: ForgedPage): Buffer {
  const about = struct({ 1: int(count), 2: int(encoding), 3: int(3), 4: int(3) });
  const header = { 1: int(isDictionary ? 2 : 0), 2: int(plain), 3: int(bytes.length), [isDictionary ? 7 : 5]: about };
  return Buffer.concat([thrift(struct(header)), bytes]);
}

export interface Forged {
  readonly pages: readonly ForgedPage[];
  readonly rows: number;
  readonly codec?: number;
  readonly column?: string;
  /** Instead of what the pages take up. */
  readonly packed?: number;
  /** In place of the real footer. */
  readonly footer?: Uint8Array;
}

/** A file with one required column of texts. */
export function forgedParquet({ pages, rows, codec = codecs.none, column = 'file', packed, footer }: Forged): Buffer {
  const data = Buffer.concat(pages.map(pageBytes));
  const meta = struct({
    1: int(BYTE_ARRAY),
    2: list(int(PLAIN)),
    3: list(text(column)),
    4: int(codec),
    5: int(rows),
    6: int(data.length),
    7: int(packed ?? data.length),
    9: int(4),
  });
  const schema = list(
    struct({ 4: text('schema'), 5: int(1) }),
    struct({ 1: int(BYTE_ARRAY), 3: int(0), 4: text(column) }),
  );
  const group = struct({ 1: list(struct({ 2: int(4), 3: meta })), 2: int(data.length), 3: int(rows) });
  const end = footer ?? thrift(struct({ 1: int(1), 2: schema, 3: int(rows), 4: list(group) }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(end.length);
  return Buffer.concat([Buffer.from('PAR1'), data, end, length, Buffer.from('PAR1')]);
}

/** Values as plain pages have them. */
export function plainTexts(...values: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      const bytes = Buffer.from(value);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** Places in a dictionary: one number of 8 bits, as often as the run claims. */
export function run(claims: number, place = 0): Buffer {
  return Buffer.concat([Buffer.of(8), varint(claims * 2), Buffer.of(place)]);
}
