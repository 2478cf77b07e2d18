/** Opens a Parquet file: its footer, with every claim that memory depends on checked. */
import type { FileHandle } from 'node:fs/promises';
import { parquetMetadata, type FileMetaData, type RowGroup } from 'hyparquet';
import { bytesText } from '../../core/text/bytes-text.js';
import { tableLimits, tooManyColumns, tooManyRows, type TableLimits } from '../table/limits.js';
import { asParquetFailure, damagedParquet, unsafeParquet, unsupportedParquet } from './failures.js';
import { parquetLimits, type ParquetLimits } from './limits.js';
import { columnsOf, type ParquetColumn } from './schema.js';
import { readThrift } from './thrift.js';

const MAGIC = 'PAR1';
const ENCRYPTED = 'PARE';
/** The length of the footer and the mark, at the end. */
const TAIL = 8;

export interface ParquetFile {
  readonly file: FileHandle;
  /** What people know the file by. */
  readonly where: string;
  /** In bytes. */
  readonly size: number;
  /** Where the footer begins, and pages end. */
  readonly footer: number;
  readonly groups: readonly RowGroup[];
  readonly rows: number;
  readonly columns: readonly ParquetColumn[];
  /** Texts that programs leave for each other, such as `huggingface`. */
  readonly notes: ReadonlyMap<string, string>;
  readonly bounds: ParquetLimits;
}

export interface OpenParquetOptions {
  readonly where: string;
  /** Lower ones in tests. */
  readonly bounds?: ParquetLimits;
  readonly tables?: TableLimits;
}

/** Reads the footer of an open file. Throws `bad-data` for a damaged file and `unsafe` beyond the limits. */
export async function openParquet(
  file: FileHandle,
  { where, bounds = parquetLimits, tables = tableLimits }: OpenParquetOptions,
): Promise<ParquetFile> {
  const { size } = await file.stat();
  const bytes = await footerBytes(file, size, where, bounds);
  const metadata = parse(bytes, where);
  const columns = columnsOf(metadata.schema, where);
  if (columns.length > tables.columns) throw tooManyColumns(where, tables);
  const rows = metadata.row_groups.reduce((sum, { num_rows }) => sum + countOf(num_rows, where), 0);
  if (rows > tables.rows) throw tooManyRows(where, tables);
  const notes = new Map((metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? '']));
  return { file, where, size, footer: size - bytes.length, groups: metadata.row_groups, rows, columns, notes, bounds };
}

async function footerBytes(file: FileHandle, size: number, where: string, bounds: ParquetLimits): Promise<Buffer> {
  if (size < MAGIC.length + TAIL) throw damagedParquet(where, `has only ${size} bytes`);
  const tail = await readAt(file, size - TAIL, TAIL);
  const mark = tail.toString('latin1', 4);
  if (mark === ENCRYPTED)
    throw unsupportedParquet(where, 'is encrypted', 'a Parquet file without encryption', 'decrypt it first');
  if (mark !== MAGIC) throw damagedParquet(where, 'does not end as a Parquet file does');
  const length = tail.readUInt32LE(0) + TAIL;
  if (length > size - MAGIC.length) throw damagedParquet(where, 'has a footer that is longer than the file');
  if (length > bounds.footerBytes)
    throw unsafeParquet(where, `has a footer of more than ${bytesText(bounds.footerBytes)}`);
  return readAt(file, size - length, length);
}

function parse(bytes: Buffer, where: string): FileMetaData {
  try {
    readThrift(bytes.subarray(0, bytes.length - TAIL));
    return parquetMetadata(bytes, { geoparquet: false, parsers: { stringFromBytes: () => undefined } });
  } catch (error) {
    throw asParquetFailure(error, where);
  }
}

/** A count that the file claims: 64 bits in the format. */
export function countOf(value: bigint | number | undefined, where: string): number {
  const count = Number(value);
  if (!Number.isSafeInteger(count) || count < 0) throw damagedParquet(where, `has a count of ${String(value)}`);
  return count;
}

/** Exactly these bytes of a file. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead !== length) throw new Error('the file ends too early');
  return buffer;
}
