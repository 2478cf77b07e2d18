/** Reads entries of packs: neighbors in one go, and packs kept open, up to a limit, for the next batch. */
import { type OpenFile, readFully } from '../disk/cache-fs.js';
import { entryBytes, entryOffset, type PackShape } from './feature-pack.js';

/** Where a row is, and its key. */
export interface Place {
  /** In the key table. */
  readonly entry: number;
  readonly pack: number;
  readonly row: number;
}

/** Rows of one pack that are read together. */
export interface Span<Wanted extends Place> {
  readonly pack: number;
  readonly firstRow: number;
  lastRow: number;
  readonly places: Wanted[];
}

/** Unneeded bytes that are read rather than accessing the disk once more. */
const LARGEST_GAP = 64 * 1024;
const LARGEST_SPAN = 4 * 1024 * 1024;
const OPEN_PACKS = 64;

/** Groups rows into spans, ordered by pack and row. */
export function planReads<Wanted extends Place>(shape: PackShape, wanted: readonly Wanted[]): Span<Wanted>[] {
  const size = entryBytes(shape);
  const spans: Span<Wanted>[] = [];
  let span: Span<Wanted> | undefined;
  for (const place of [...wanted].sort((a, b) => a.pack - b.pack || a.row - b.row)) {
    const joins =
      span !== undefined &&
      span.pack === place.pack &&
      (place.row - span.lastRow - 1) * size <= LARGEST_GAP &&
      (place.row - span.firstRow + 1) * size <= LARGEST_SPAN;
    if (!joins) spans.push((span = { pack: place.pack, firstRow: place.row, lastRow: place.row, places: [] }));
    span!.lastRow = place.row;
    span!.places.push(place);
  }
  return spans;
}

interface Held {
  readonly file: Promise<OpenFile | undefined>;
  users: number;
}

export class PackReader {
  /** Least recently used first. */
  private readonly held = new Map<number, Held>();

  constructor(
    private readonly shape: PackShape,
    /** Opens a pack; undefined if it is gone. */
    private readonly openPack: (pack: number) => Promise<OpenFile | undefined>,
  ) {}

  /**
   * Reads a span and gives a function that takes its rows apart; a row that the file lacks comes out short.
   * Undefined if the pack is gone.
   */
  async read(span: Span<Place>): Promise<((row: number) => Buffer) | undefined> {
    const size = entryBytes(this.shape);
    const held = this.hold(span.pack);
    try {
      const file = await held.file;
      if (file === undefined) return undefined;
      const bytes = Buffer.allocUnsafe((span.lastRow - span.firstRow + 1) * size);
      const there = bytes.subarray(0, await readFully(file, bytes, entryOffset(this.shape, span.firstRow)));
      return (row) => there.subarray((row - span.firstRow) * size, (row - span.firstRow + 1) * size);
    } finally {
      held.users--;
      await this.release();
    }
  }

  async close(): Promise<void> {
    await this.release(0);
  }

  private hold(pack: number): Held {
    const held = this.held.get(pack) ?? this.open(pack);
    this.held.delete(pack);
    this.held.set(pack, held);
    held.users++;
    return held;
  }

  private open(pack: number): Held {
    const held = { file: this.openPack(pack), users: 0 };
    // A pack that is gone or would not open is tried again when it is asked for again.
    const forget = () => {
      if (this.held.get(pack) === held) this.held.delete(pack);
    };
    held.file.then((file) => file ?? forget(), forget);
    return held;
  }

  /** Closes idle packs beyond a number, the least recently used first. */
  private async release(allowed = OPEN_PACKS): Promise<void> {
    for (const [pack, held] of this.held) {
      if (this.held.size <= allowed) return;
      if (held.users > 0) continue;
      this.held.delete(pack);
      await (await held.file)?.close();
    }
  }
}
