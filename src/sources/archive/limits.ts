/** Limits on archives. Bytes are counted as they are written: headers are not trusted. */
import { bytesText } from '../../core/text/bytes-text.js';
import { failure, type PipelineError } from '../../core/problem.js';

const MIB = 1024 * 1024;

export const limits = {
  entries: 200_000,
  bytesAnEntry: 512 * MIB,
  bytesInAll: 20 * 1024 * MIB,
  /** Unpacked bytes for each packed one. */
  ratio: 200,
  /** Small and dull files, such as an empty bitmap, may well exceed the ratio. */
  ratioCountsFrom: MIB,
  pathBytes: 1024,
  /** What file systems take. */
  nameBytes: 255,
  depth: 32,
} as const;

export type Limits = { readonly [Name in keyof typeof limits]: number };

/** Counts entries and bytes while an archive is unpacked; throws `unsafe` if a limit is passed. */
export class Meter {
  private entries = 0;
  private total = 0;

  constructor(
    private readonly archive: string,
    private readonly bounds: Limits,
  ) {}

  entry(): void {
    this.entries++;
    this.declared(this.entries);
  }

  /** The number of entries that an archive declares, before any of them is read. */
  declared(count: number): void {
    if (count > this.bounds.entries)
      throw this.exceeded(`contains more than ${this.bounds.entries.toLocaleString('en-US')} entries`);
  }

  /** `packed` is what all of the archive takes up on disk. */
  bytes(count: number, packed: number): void {
    this.total += count;
    if (this.total > this.bounds.bytesInAll)
      throw this.exceeded(`unpacks to more than ${bytesText(this.bounds.bytesInAll)}`);
    this.ratio(this.total, packed);
  }

  /** `size` and `packed` are those of one entry so far. */
  entryBytes(size: number, packed: number, name: string): void {
    if (size > this.bounds.bytesAnEntry)
      throw this.exceeded(`unpacks ${name} to more than ${bytesText(this.bounds.bytesAnEntry)}`);
    this.ratio(size, packed);
  }

  private ratio(size: number, packed: number): void {
    if (size <= this.bounds.ratioCountsFrom || size <= packed * this.bounds.ratio) return;
    throw this.exceeded(`unpacks to more than ${this.bounds.ratio} times its size`);
  }

  private exceeded(found: string): PipelineError {
    return failure('unsafe', {
      code: 'archive-too-large',
      where: this.archive,
      found,
      expected: 'an archive of images',
      remedy: 'if you trust it, unpack it yourself and use the folder',
    });
  }
}
