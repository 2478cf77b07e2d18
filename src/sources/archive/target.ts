/** The folder that an archive is unpacked into: what every kind of archive goes through on its way to the disk. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { failure, type PipelineError } from '../../core/problem.js';
import { Meter, type Limits } from './limits.js';
import { Names } from './names.js';

export interface TargetOptions {
  /** As people know it. */
  readonly archive: string;
  /** Bytes of the archive. */
  readonly packed: number;
  /** An empty folder of our own: nothing in it can be a link. */
  readonly folder: string;
  readonly bounds: Limits;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export class Target {
  readonly names: Names;
  readonly meter: Meter;
  private readonly made = new Set<string>();

  constructor(readonly options: TargetOptions) {
    this.names = new Names(options.archive, options.bounds);
    this.meter = new Meter(options.archive, options.bounds);
  }

  /**
   * Writes a file at a path that {@link Names.take} gave, and counts its bytes; `packed` is what the entry takes up.
   */
  async write(path: string, content: AsyncIterable<Uint8Array>, packed: number): Promise<void> {
    const { folder, signal } = this.options;
    const file = join(folder, path);
    await this.makeFolder(dirname(file));
    await pipeline(this.counted(content, path, packed), createWriteStream(file, { flags: 'wx', mode: 0o644 }), {
      signal,
    });
  }

  /** Reports how much of the archive has been unpacked. */
  progress(done: number): void {
    const { onProgress, packed } = this.options;
    onProgress?.(Math.min(done, packed), packed);
  }

  private async *counted(content: AsyncIterable<Uint8Array>, path: string, packed: number): AsyncGenerator<Uint8Array> {
    let size = 0;
    for await (const chunk of content) {
      size += chunk.length;
      this.meter.entryBytes(size, packed, path);
      this.meter.bytes(chunk.length, this.options.packed);
      yield chunk;
    }
  }

  private async makeFolder(folder: string): Promise<void> {
    if (folder === this.options.folder || this.made.has(folder)) return;
    await this.makeFolder(dirname(folder));
    // Not `recursive`, which would create the folder of a moved project again.
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    this.made.add(folder);
  }

  broken(found: string, cause?: unknown): PipelineError {
    return brokenArchive(this.options.archive, found, cause);
  }
}

/** An archive that cannot be read as one. */
export function brokenArchive(archive: string, found: string, cause?: unknown): PipelineError {
  const remedy = 'download or pack it again';
  return failure(
    'bad-data',
    { code: 'archive-broken', where: archive, found, expected: 'a complete .zip, .tar or .tar.gz', remedy },
    cause,
  );
}
