/**
 * Shrinks a store to its limit: removes what was used least recently, but never what the last run of a pipeline needs
 * or what a running job holds. Safe at any time, beside runs, and whenever it is killed: a record goes before its
 * blobs, a folder is renamed away before it is emptied, and whatever is missed later is made again.
 */
import { hasCode } from '../disk/cache-fs.js';
import type { Files } from '../disk/files.js';
import { again, takeInventory, type Item } from './inventory.js';
import { DAY_MS, type Limits } from '../limits.js';
import type { Locks } from '../disk/locks.js';
import { findNeeds, ownerIn, type Needs } from './needs.js';
import { ageOf, isFuture, LEFT_MS } from '../disk/owner.js';
import { removeTree } from '../disk/folders.js';
import { writeUsage } from './usage.js';

export interface Collection {
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** What was removed, or would be, in this order. */
  readonly removed: readonly Item[];
  /** Bytes that last runs need or running jobs hold. */
  readonly bytesKept: number;
}

export interface GcOptions {
  readonly dryRun?: boolean;
  readonly now?: number;
}

const QUARANTINE_MS = 14 * DAY_MS;

export async function collect(
  files: Files,
  locks: Locks,
  limits: Limits,
  { dryRun = false, now = Date.now() }: GcOptions = {},
): Promise<Collection> {
  if (!dryRun) await locks.sweep();
  const items = (await takeInventory(files)).filter(({ claim }) => claim !== 'none');
  const needs = await findNeeds(files, locks, items, limits, now);
  const bytesBefore = sizeOf(items);
  const victims = chooseVictims(items, needs, limits, now);
  const removed = dryRun ? victims : await removeAll(files, victims, needs);
  const bytesAfter = bytesBefore - sizeOf(removed);
  if (!dryRun) await writeUsage(files, { bytes: bytesAfter, collectedMs: now, bytesCollected: bytesAfter });
  return {
    bytesBefore,
    bytesAfter,
    removed,
    bytesKept: sizeOf(items.filter((item) => needs.needed.has(item) || needs.held.has(item))),
  };
}

/** What to remove, each record right before the blobs that only it still names. */
function chooseVictims(
  items: readonly Item[],
  { needed, held, blobsOf }: Needs,
  { maxBytes, maxAgeMs }: Limits,
  now: number,
): Item[] {
  const free = items.filter((item) => item.claim === 'whole' && !needed.has(item) && !held.has(item));
  const blobs = new Map(free.filter(({ kind }) => kind === 'blobs').map((item) => [item.name, item]));
  const names = new Map<string, number>();
  for (const digests of blobsOf.values()) for (const digest of digests) names.set(digest, (names.get(digest) ?? 0) + 1);

  const victims: Item[] = [];
  let bytes = sizeOf(items);
  const take = (item: Item): void => {
    victims.push(item);
    bytes -= item.bytes;
    for (const digest of blobsOf.get(item) ?? []) {
      const left = names.get(digest)! - 1;
      names.set(digest, left);
      const blob = blobs.get(digest);
      if (left === 0 && blob !== undefined) take(blob);
    }
  };
  const least = free
    .filter(({ kind, name }) => kind !== 'blobs' || !names.has(name))
    .sort((a, b) => useOf(a, now) - useOf(b, now));
  for (const item of least) if (isExpired(item, maxAgeMs, now)) take(item);
  const taken = new Set(victims);
  for (const item of least) {
    if (bytes <= maxBytes) break;
    if (!taken.has(item)) take(item);
  }
  return victims;
}

/** When it was used, for the order of removal; a time in the future is not a sign of use. */
function useOf({ usedMs }: Item, now: number): number {
  return isFuture(usedMs, now) ? 0 : usedMs;
}

function isExpired({ kind, name, path, usedMs }: Item, maxAgeMs: number, now: number): boolean {
  const age = ageOf(usedMs, now);
  if (kind === 'quarantine') return age > Math.min(maxAgeMs, QUARANTINE_MS);
  if (kind !== 'tmp') return age > maxAgeMs;
  const owner = ownerIn(path);
  // A partial download is useful to any process that downloads the same; other files only to their own process.
  if (name.startsWith('download-')) return age > maxAgeMs;
  return owner === 'dead' || age > LEFT_MS;
}

async function removeAll(files: Files, victims: readonly Item[], { blobsOf }: Needs): Promise<Item[]> {
  const removed: Item[] = [];
  const spared = new Set<string>();
  for (const victim of victims) {
    if (victim.kind === 'blobs' && spared.has(victim.name)) continue;
    if (await remove(files, victim)) removed.push(victim);
    else for (const digest of blobsOf.get(victim) ?? []) spared.add(digest);
  }
  return removed;
}

/** False if it was used after it was listed. */
async function remove(files: Files, item: Item): Promise<boolean> {
  if ((await again(files, item)).usedMs > item.usedMs) return false;
  try {
    const aside = item.kind === 'tmp' ? item.path : await files.takeAside(item.path);
    if (aside !== undefined) await removeTree(files, aside);
    return true;
  } catch (error) {
    // A folder that another user of a shared cache made: it is removed when they collect.
    if (hasCode(error, 'EACCES', 'EPERM')) return false;
    throw error;
  }
}

export function sizeOf(items: readonly Item[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}
