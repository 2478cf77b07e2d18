/**
 * All that is in a store, item by item. An item is removed as a whole: a record, a blob, the folder of a feature set or
 * of an unpacked archive. What others put there is listed too, and belongs to them.
 */
import { basename, join } from 'node:path';
import { readFully } from '../disk/cache-fs.js';
import { indexMagics, MAGIC_BYTES, magicOf } from '../files/file-index.js';
import type { Files } from '../disk/files.js';
import { claimOn, type Claim } from './forms.js';
import { ORIGIN_FILE } from '../origin.js';
import { filesBelow, type FoundFile } from '../disk/folders.js';

export interface Item {
  /** The folder that it is in: `records`, `blobs`, `features`, ... */
  readonly kind: string;
  /** Its name without what comes after a dot: a digest or a key, mostly. */
  readonly name: string;
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
  /**
   * When it was used or made last, in milliseconds since 1970: the youngest of its files, and for evidence of damage
   * when it was set aside.
   */
  readonly usedMs: number;
  /** Evidence that this tool made it: a collection removes nothing else. */
  readonly claim: Claim;
}

/** Folders whose first two characters of a name are a folder of their own. */
const FAN = /^[0-9a-f]{2}$/;
/** Messages between processes, and the store's own bookkeeping: a few bytes that are not content. */
const housekeeping = new Set(['locks', 'unshared', 'usage.json', ORIGIN_FILE]);

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
    if (FAN.test(name))
      items.push(
        ...(await Promise.all(
          (await files.list(path)).map((inner) => itemAt(files, kind, `${name}/${inner}`, join(path, inner))),
        )),
      );
    else items.push(await itemAt(files, kind, name, path));
  }
  return items;
}

/** `below` is its path below the folder of its kind. */
async function itemAt(files: Files, kind: string, below: string, path: string): Promise<Item> {
  const found = await filesBelow(files, path);
  // Of a folder, what is in it was found.
  const claim = claimOn(kind, below, found.find((file) => file.path === path) ?? { isFile: false, isFolder: true });
  const isOurs = claim !== 'whole' || kind !== 'index' || (await isIndex(files, path));
  return itemOf(kind, basename(path), path, found, isOurs ? claim : 'named');
}

/** This folder has the name that most others could have too. */
async function isIndex(files: Files, path: string): Promise<boolean> {
  const file = await files.openIfThere(path);
  if (file === undefined) return false;
  try {
    const start = Buffer.alloc(MAGIC_BYTES);
    await readFully(file, start, 0);
    return indexMagics.includes(magicOf(start));
  } finally {
    await file.close();
  }
}

/** The item as it is now. */
export async function again(files: Files, item: Item): Promise<Item> {
  const { kind, path, claim } = item;
  return itemOf(kind, basename(path), path, await filesBelow(files, path), claim);
}

function itemOf(kind: string, name: string, path: string, found: readonly FoundFile[], claim: Claim): Item {
  const bytes = found.reduce((sum, { size }) => sum + size, 0);
  const usedMs = found.reduce(
    (latest, { modifiedMs }) => Math.max(latest, modifiedMs),
    kind === 'quarantine' ? keptSince(name) : 0,
  );
  return { kind, name: name.split('.')[0], path, files: found.length, bytes, usedMs, claim };
}

/** When something was set aside, which its name begins with: moving a file renews no time of it. */
function keptSince(name: string): number {
  return Number(/^\d+(?=-)/.exec(name)?.[0] ?? 0);
}
