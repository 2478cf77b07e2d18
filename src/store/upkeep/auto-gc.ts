/** Keeps the store within its limit at the end of a job. */
import type { Files } from '../disk/files.js';
import type { Collection } from './gc.js';
import { limitsFrom } from '../limits.js';
import type { Locks } from '../disk/locks.js';
import { ageOf } from '../disk/owner.js';
import { readUsage, writeUsage } from './usage.js';

/** After a collection that could not make the store small enough, the next waits for this much time or growth. */
const PAUSE_MS = 3600_000;
const GROWTH = 0.05;

/**
 * Counts the store if it was never counted, and collects if it exceeds its limit. Cheap otherwise: it reads and writes
 * one small file. Undefined if nothing was collected.
 */
export async function tidy(
  files: Files,
  locks: Locks,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Collection | undefined> {
  const limits = limitsFrom(environment);
  const before = await readUsage(files);
  if (before === undefined) {
    // The first job in a folder only counts: nothing is removed that was there before this tool.
    const { sizeOf } = await import('./gc.js');
    const { takeInventory } = await import('./inventory.js');
    const bytes = sizeOf((await takeInventory(files)).filter(({ claim }) => claim !== 'none'));
    await writeUsage(files, { bytes, collectedMs: 0, bytesCollected: bytes });
    files.written = 0;
    return undefined;
  }
  const bytes = before.bytes + files.written;
  const lately = ageOf(before.collectedMs) < PAUSE_MS && bytes - before.bytesCollected < GROWTH * limits.maxBytes;
  await writeUsage(files, { ...before, bytes });
  files.written = 0;
  if (bytes <= limits.maxBytes || lately) return undefined;
  const attempt = await locks.tryTake('gc', 'collects');
  if (attempt.state === 'taken') return undefined;
  try {
    const { collect } = await import('./gc.js');
    files.written = 0;
    return await collect(files, locks, limits);
  } finally {
    await attempt.lock.release();
  }
}
