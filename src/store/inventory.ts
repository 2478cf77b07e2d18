/**
 * All that is in a store, item by item. An item is what goes as a whole: a record, a blob, the folder of a feature set or of
 * an unpacked archive. Folders that another version made are listed like ours, so that nothing grows without an owner.
 */
import { join } from 'node:path';
import type { Files } from './files.js';
import { filesBelow, type FoundFile } from './trees.js';

export interface Item {
  /** The folder that it is in: `records`, `blobs`, `features`, ... */
  readonly kind: string;
  /** Its name without what comes after a dot: a digest or a key, mostly. */
  readonly name: string;
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
  /** When it was used or made last, in milliseconds since 1970: the youngest of its files, and for evidence of damage when it was set aside. */
  readonly usedMs: number;
}

/** Folders whose first two characters of a name are a folder of their own. */
const FAN = /^[0-9a-f]{2}$/;
/** What processes tell each other, and what the store knows of itself: a few bytes that are no content. */
const housekeeping = new Set(['locks', 'usage.json']);

export async function takeInventory(files: Files): Promise<Item[]> {
  const version = join(files.root, 'v1');
  const folders = (await files.list(version)).filter((name) => !housekeeping.has(name));
  const lists = await Promise.all(folders.map((name) => itemsOf(files, name, join(version, name))));
  return [...lists.flat(), ...(await itemsOf(files, 'index', join(files.root, 'index')))];
}

async function itemsOf(files: Files, kind: string, folder: string): Promise<Item[]> {
  const items: Item[] = [];
  for (const name of await files.list(folder)) {
    const path = join(folder, name);
    if (FAN.test(name)) items.push(...(await Promise.all((await files.list(path)).map((inner) => itemAt(files, kind, inner, join(path, inner))))));
    else items.push(await itemAt(files, kind, name, path));
  }
  return items;
}

async function itemAt(files: Files, kind: string, name: string, path: string): Promise<Item> {
  return itemOf(kind, name, path, await filesBelow(files, path));
}

/** The item as it is now. */
export async function again(files: Files, { kind, name, path }: Item): Promise<Item> {
  return itemAt(files, kind, name, path);
}

function itemOf(kind: string, name: string, path: string, found: readonly FoundFile[]): Item {
  const bytes = found.reduce((sum, { size }) => sum + size, 0);
  const usedMs = found.reduce((latest, { modifiedMs }) => Math.max(latest, modifiedMs), kind === 'quarantine' ? keptSince(name) : 0);
  return { kind, name: name.split('.')[0], path, files: found.length, bytes, usedMs };
}

/** When something was set aside, which its name begins with: moving a file renews no time of it. */
function keptSince(name: string): number {
  return Number(/^\d+(?=-)/.exec(name)?.[0] ?? 0);
}
