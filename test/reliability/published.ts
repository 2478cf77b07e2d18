/** What a store holds that a run need not do again. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DamageNote } from '../../src/store/disk/files.js';
import { openShelf, type Shelf } from '../../src/store/upkeep/maintenance.js';

/** Where the number of entries is in a pack, from its end. */
const COUNT_FROM_END = 16;

export interface Published {
  readonly records: number;
  /** Rows of features in packs. */
  readonly rows: number;
  readonly packs: number;
}

export async function publishedIn(root: string): Promise<Published> {
  const version = join(root, '.pipeline/cache/v1');
  const files = await readdir(version, { recursive: true }).catch(() => [] as string[]);
  const packs = files.filter((name) => name.startsWith('features') && name.endsWith('.pack'));
  const counts = await Promise.all(
    packs.map(async (name) => (await readFile(join(version, name))).subarray(-COUNT_FROM_END).readUInt32LE(0)),
  );
  const records = files.filter((name) => name.startsWith('records') && name.endsWith('.json')).length;
  return { records, rows: counts.reduce((sum, count) => sum + count, 0), packs: packs.length };
}

/** The cache of a project, and what is found damaged in it. */
export function shelfOf(root: string): { shelf: Shelf; damage: DamageNote[] } {
  const damage: DamageNote[] = [];
  return { shelf: openShelf(join(root, '.pipeline/cache'), { onDamage: (note) => damage.push(note) }), damage };
}
