/**
 * Keeps the number of packs low: many small ones become few large ones, and a pack with damaged entries is written
 * again without them. The new pack is published before the old ones are deleted, so that a crash in between, or another
 * process at the same work, leaves at worst a key in two packs, which is harmless.
 */
import { join } from 'node:path';
import { entryBytes, isEntryOf, originOfPack } from './feature-pack.js';
import type { PackFolder } from './pack-folder.js';
import { planReads, type Place } from './pack-reader.js';

export interface MergeLimits {
  /** Packs of fewer rows and bytes than these are small. */
  readonly smallRows: number;
  readonly smallBytes: number;
  /** How many small packs are allowed. */
  readonly smallPacks: number;
  /** What a merged pack can hold. */
  readonly mergedRows: number;
  readonly mergedBytes: number;
}

/**
 * 110,000 rows of 5 kB, sealed by 256, become 27 packs: opened in a tenth of the time of 430, at the price of one copy.
 */
export const usualMergeLimits: MergeLimits = {
  smallRows: 1024,
  smallBytes: 64 * 1024 * 1024,
  smallPacks: 32,
  mergedRows: 4096,
  mergedBytes: 256 * 1024 * 1024,
};

/** Merges if there is reason to. `damagedPacks` are the packs in which a damaged entry was found. */
export async function mergePacks(
  folder: PackFolder,
  damagedPacks: ReadonlySet<number>,
  limits: MergeLimits,
): Promise<void> {
  const sources = choosePacks(folder, damagedPacks, limits);
  if (sources.size === 0) return;
  const old = [...sources].map((pack) => folder.packs[pack].name);
  // A damaged pack whose rows were appended again may have been replaced under its own name.
  const needed = new Set(folder.packs.filter((_, pack) => !sources.has(pack)).map(({ name }) => name));
  for (const places of partition(folder, livePlaces(folder, sources), limits)) {
    needed.add(await folder.publish(readEntries(folder, places)));
  }
  await folder.reader.close(); // some systems do not delete what is open
  for (const name of old) if (!needed.has(name)) await folder.files.removeIfThere(join(folder.path, name));
}

function choosePacks(folder: PackFolder, damagedPacks: ReadonlySet<number>, limits: MergeLimits): Set<number> {
  const size = entryBytes(folder.shape);
  const small = [...folder.packs.keys()].filter((pack) => {
    const { name, rows } = folder.packs[pack];
    // Those of others keep their name, which says whose they are.
    return originOfPack(name) === undefined && rows < limits.smallRows && rows * size < limits.smallBytes;
  });
  return new Set([...damagedPacks, ...(small.length > limits.smallPacks ? small : [])]);
}

/**
 * The rows of some packs that the table points to; a copy of a row that is in another pack too is left
 * behind, and so is a row of others, which is fetched or computed again.
 */
function livePlaces({ packs, table }: PackFolder, sources: ReadonlySet<number>): Place[] {
  const places: Place[] = [];
  for (let entry = 0; entry < table.count; entry++) {
    if (sources.has(table.packs[entry]) && originOfPack(packs[table.packs[entry]].name) === undefined)
      places.push({ entry, pack: table.packs[entry], row: table.rows[entry] });
  }
  return places.sort((a, b) => a.pack - b.pack || a.row - b.row);
}

function* partition({ shape }: PackFolder, places: readonly Place[], limits: MergeLimits): Generator<Place[]> {
  const rows = Math.max(1, Math.min(limits.mergedRows, Math.floor(limits.mergedBytes / entryBytes(shape))));
  for (let start = 0; start < places.length; start += rows) yield places.slice(start, start + rows);
}

/** Reads entries back, leaving out what is gone or damaged. */
async function* readEntries(folder: PackFolder, places: readonly Place[]): AsyncGenerator<Buffer> {
  const { shape, reader, table } = folder;
  for (const span of planReads(shape, places)) {
    const rowOf = await reader.read(span);
    if (rowOf === undefined) continue;
    for (const { entry, pack, row } of span.places) {
      const bytes = rowOf(row);
      const path = folder.pathOf(pack);
      if (isEntryOf(shape, bytes, table.keyOf(entry))) yield bytes;
      else if (!folder.files.noted(path)) folder.files.note(path, 'a row does not match its digest');
    }
  }
}
