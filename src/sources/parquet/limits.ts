/** Limits on Parquet files: sizes in them are claims, and are checked before anything is allocated or decompressed. */
import { bytesText } from '../../core/text/bytes-text.js';
import { unsafeParquet } from './failures.js';

const MIB = 1024 * 1024;

export const parquetLimits = {
  /** Written at the end of a file, with statistics for every column of every row group. */
  footerBytes: 64 * MIB,
  /** With its statistics. */
  pageHeaderBytes: MIB,
  /** Decompressed: a page is in memory as a whole. */
  pageBytes: 512 * MIB,
  bytesInAll: 20 * 1024 * MIB,
  /** Decompressed bytes for each byte of the file. */
  ratio: 200,
  /** A small page may well exceed the ratio: the same value thousands of times. */
  ratioCountsFrom: MIB,
} as const;

export type ParquetLimits = { readonly [Name in keyof typeof parquetLimits]: number };

/** Counts what the pages of a file decompress to, before they are decompressed. */
export class PageMeter {
  private total = 0;

  constructor(
    private readonly where: string,
    /** Bytes of the file. */
    private readonly packed: number,
    private readonly bounds: ParquetLimits,
  ) {}

  /** Throws `unsafe` if a page of this size is too much. */
  page(size: number): void {
    const { pageBytes, bytesInAll, ratio, ratioCountsFrom } = this.bounds;
    if (size > pageBytes)
      throw unsafeParquet(this.where, `has a page that decompresses to more than ${bytesText(pageBytes)}`);
    this.total += size;
    if (this.total > bytesInAll) throw unsafeParquet(this.where, `decompresses to more than ${bytesText(bytesInAll)}`);
    if (this.total > ratioCountsFrom && this.total > this.packed * ratio)
      throw unsafeParquet(this.where, `decompresses to more than ${ratio} times its size`);
  }
}
