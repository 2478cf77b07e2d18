/**
 * Reads everything in a store and compares it with its digests. Damaged items are moved to quarantine, or removed if
 * they are large and recreated as a whole, so that the next run misses and recomputes them. Safe during runs.
 */
import { join } from 'node:path';
import { isActionKey, isDigest } from '../../core/digest.js';
import type { Guard } from '../../core/guards.js';
import { Blobs } from '../blobs.js';
import { Checkpoints } from '../checkpoints.js';
import { digestFiles, noProbe } from '../files/file-digests.js';
import { isWholeIndex } from '../files/file-index.js';
import { listFiles } from '../files/file-list.js';
import type { Files } from '../disk/files.js';
import { takeInventory, type Item } from './inventory.js';
import { parseRecord, RECORD_LIMIT } from '../records.js';
import { rootMarks } from '../disk/root-marks.js';
import { parseRoot } from '../roots.js';
import { Unpacked } from '../unpacked.js';
import { parseUsage } from './usage.js';
import { verifyFeatures } from './verify-features.js';
import { checkSealed, damageAt, setAside } from './verify-file.js';

export interface Verification {
  /** How many items of each kind were read. */
  readonly checked: Readonly<Record<string, number>>;
  /** Items without a name of this tool, or of a kind that this version does not know. */
  readonly unchecked: Readonly<Record<string, number>>;
  readonly bytes: number;
  /** Damage that was found; each was reported when it was found. */
  readonly damaged: number;
  /** Records some of whose results are gone: no damage, but no hits either. */
  readonly incomplete: number;
}

/** Returns how much of an item is damaged, and reports it and moves it away. */
type Check = (files: Files, item: Item) => Promise<number>;

const checks: Readonly<Record<string, Check>> = {
  blobs: checkRead(
    isDigest,
    (files, digest) => new Blobs(files).pathOf(digest),
    (files, digest) => new Blobs(files).verified(digest),
  ),
  records: (files, item) => checkSealed(files, item.path, (bytes) => parseRecord(bytes, item.name)),
  roots: (files, item) => checkSealed(files, item.path, parseRoot),
  features: verifyFeatures,
  checkpoints: checkRead(
    isActionKey,
    (files, key) => new Checkpoints(files).pathOf(key),
    (files, key) => new Checkpoints(files).read(key),
  ),
  unpacked: checkRead(
    isDigest,
    (files, archive) => freshUnpacked(files).pathOf(archive),
    (files, archive) => freshUnpacked(files).open(archive),
  ),
  index: async (files, { path }) => {
    const bytes = await files.readIfThere(path);
    if (bytes === undefined) return damageAt(files, path);
    return isWholeIndex(bytes) ? 0 : setAside(files, path, 'does not match the digest in it');
  },
};

/** Known to be damaged, or unfinished. */
const unread = new Set(['quarantine', 'tmp']);

export async function verifyStore(files: Files): Promise<Verification> {
  const items = await takeInventory(files);
  const checked: Record<string, number> = {};
  const unchecked: Record<string, number> = {};
  let damaged = await verifyMarks(files);
  let bytes = 0;
  for (const item of items) {
    if (unread.has(item.kind)) continue;
    // Without a name of ours, it belongs to someone.
    const check = item.claim !== 'none' && Object.hasOwn(checks, item.kind) ? checks[item.kind] : undefined;
    const counts = check === undefined ? unchecked : checked;
    counts[item.kind] = (counts[item.kind] ?? 0) + 1;
    if (check === undefined) continue;
    damaged += await check(files, item);
    bytes += item.bytes;
  }
  return { checked, unchecked, bytes, damaged, incomplete: await countIncomplete(files) };
}

/** Reads every file: an unchanged time does not make it believed. */
function freshUnpacked(files: Files): Unpacked {
  return new Unpacked(files, (folder) => digestFiles(files, listFiles(folder, 'inside'), 0, { probe: noProbe }));
}

/** For items that are read by name: one in the wrong place is never found. */
function checkRead<Name>(
  isName: Guard<Name>,
  pathOf: (files: Files, name: Name) => string,
  read: (files: Files, name: Name) => Promise<unknown>,
): Check {
  return async (files, { name, path }) => {
    if (!isName(name) || path !== pathOf(files, name)) return setAside(files, path, 'has a name that nothing looks up');
    return (await read(files, name)) === undefined ? damageAt(files, path) : 0;
  };
}

/** The marks of the root are written again; the count of bytes is made again by the next collection. */
async function verifyMarks(files: Files): Promise<number> {
  let damaged = await checkSealed(files, join(files.root, 'v1', 'usage.json'), parseUsage);
  for (const [name, text] of Object.entries(rootMarks)) {
    const path = join(files.root, name);
    const bytes = await files.readIfThere(path);
    if (bytes === undefined || bytes.equals(Buffer.from(text))) continue;
    files.note(path, 'has the wrong content; it is written again');
    await files.publish(path, Buffer.from(text), { durable: false });
    damaged++;
  }
  return damaged;
}

async function countIncomplete(files: Files): Promise<number> {
  const items = await takeInventory(files);
  const blobs = new Map(items.filter(({ kind }) => kind === 'blobs').map(({ name, bytes }) => [name, bytes]));
  let incomplete = 0;
  for (const { kind, name, path } of items) {
    const bytes = kind === 'records' ? await files.readIfThere(path, { limit: RECORD_LIMIT }) : undefined;
    const record = bytes && parseRecord(bytes, name);
    if (
      typeof record === 'object' &&
      Object.values(record.outputs).some(({ digest, size }) => blobs.get(digest) !== size)
    )
      incomplete++;
  }
  return incomplete;
}
