/**
 * Running jobs, as locks that nobody waits for: what was used or made since the oldest of them began is not collected.
 * A job also removes leftovers of dead processes.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Files } from './disk/files.js';
import { namesProcess } from './upkeep/forms.js';
import type { Locks } from './disk/locks.js';
import { isLeftBehind } from './disk/owner.js';
import { filesBelow, removeTree } from './disk/folders.js';

const PREFIX = 'job-';

/** Begins a job and returns what ends it. */
export async function beginJob(files: Files, locks: Locks): Promise<() => Promise<void>> {
  // The name is unique, so nobody else can have it.
  const attempt = await locks.tryTake(`${PREFIX}${randomBytes(8).toString('hex')}`, 'runs a pipeline');
  await files.uses.beginJob();
  await sweep(files, locks).catch(() => undefined); // a read-only store stays as it is
  return async () => {
    if (attempt.state === 'held') await attempt.lock.release();
  };
}

/** When the oldest running job began, in milliseconds since 1970; Infinity if none runs. */
export async function oldestJob(locks: Locks): Promise<number> {
  const jobs = (await locks.list()).filter((found) => found.name.startsWith(PREFIX));
  return Math.min(
    Infinity,
    ...jobs.flatMap((found) =>
      found.holder === undefined || locks.isLeft(found, found.holder) ? [] : found.holder.since,
    ),
  );
}

/** Removes locks and temporary files that were left behind. */
async function sweep(files: Files, locks: Locks): Promise<void> {
  await locks.sweep();
  for (const name of await files.list(files.root)) {
    const path = join(files.root, name);
    if (
      name.startsWith('v1-') &&
      isLeftBehind(name.slice('v1-'.length), (await files.infoIfThere(path))?.modifiedMs ?? Infinity)
    )
      await removeTree(files, path);
  }
  for (const name of await files.list(files.temporary)) {
    // Partial downloads have other names: any process can continue them.
    if (!namesProcess(name)) continue;
    const path = join(files.temporary, name);
    const youngest = (await filesBelow(files, path)).reduce(
      (latest, { modifiedMs }) => Math.max(latest, modifiedMs),
      (await files.infoIfThere(path))?.modifiedMs ?? 0,
    );
    if (isLeftBehind(name, youngest)) await removeTree(files, path);
  }
}
