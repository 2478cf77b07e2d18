/**
 * Puts a folder in the place of another. No system renames two folders in one step that Node offers, so between two
 * renames there is none: a process that is killed right then leaves the only copy beside its place, under a hidden name.
 */
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { asPipelineError, failure, type PipelineError } from '../../core/problem.js';
import { hasCode, nodeFs } from '../../store/disk/cache-fs.js';
import { isLeftBehind, livenessOf } from '../../store/disk/owner.js';
import { besideOf, listAsides, type Aside } from '../../store/disk/write-atomic.js';

/** What the hidden folder beside contains, and nothing else: the folder to come, the one that goes, and that one once it is not needed. */
const NEW = 'new';
const OLD = 'old';
const REPLACED = 'replaced';
const parts: ReadonlySet<string> = new Set([NEW, OLD, REPLACED]);

/** Far longer than a swap has no folder in its place. */
const SWAP_MS = 200;

/** Fills a new folder beside `folder` and swaps the two. If anything fails, `folder` is as it was. */
export async function swapIn(folder: string, fill: (fresh: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const aside = besideOf(folder);
  try {
    const fresh = join(aside, NEW);
    await mkdir(fresh, { recursive: true });
    await fill(fresh);
    await rename(folder, join(aside, OLD)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(fresh, folder);
    await nodeFs.syncFolder(dirname(folder));
  } finally {
    await restore(aside, folder);
    await removeAside(aside);
  }
}

/**
 * Brings back a folder whose swap was cut off between its two renames, and removes what dead processes left beside it.
 * Returns whether a folder came back. Only what has a name and the contents of {@link swapIn} is touched.
 */
export async function recoverFolder(folder: string): Promise<boolean> {
  const asides: Aside[] = [];
  for (const aside of await listAsides(folder)) if (await isSwap(aside)) asides.push(aside);
  let restored = false;
  for (const { path, owner } of asides) {
    if (restored || (await isAt(folder)) || !(await isAt(join(path, OLD)))) continue;
    // A process that cannot be asked may be in the middle of its swap; if it is after all, it notices and starts over.
    if (livenessOf(owner) !== 'dead') await wait(SWAP_MS);
    restored = await restore(path, folder);
  }
  for (const { path, owner, stats } of asides) if (isLeftBehind(owner, stats.mtimeMs)) await removeAside(path);
  return restored;
}

/**
 * As {@link recoverFolder}, for the path of an exported model: its folder or a file in it. Does nothing where the path
 * exists. Throws `input-output` if the model cannot be moved back.
 */
export async function recoverModel(path: string): Promise<boolean> {
  if (await isAt(path)) return false;
  for (const folder of [path, dirname(path)]) {
    if (await isAt(folder)) continue;
    const restored = await recoverFolder(folder).catch(async (error: unknown) => {
      throw await notRestored(folder, error);
    });
    if (restored) return true;
  }
  return false;
}

/** Whether a folder contains only what a swap puts into it. Links are not followed. */
async function isSwap({ path, stats }: Aside): Promise<boolean> {
  if (!stats.isDirectory()) return false;
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  return entries?.every((entry) => parts.has(entry.name) && entry.isDirectory()) === true;
}

/** Moves the old folder back if there is none in its place. */
async function restore(aside: string, folder: string): Promise<boolean> {
  const old = join(aside, OLD);
  if (!(await isAt(old)) || (await isAt(folder))) return false;
  try {
    await rename(old, folder);
  } catch (error) {
    // Another process put a folder there just now, or moved this one back.
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) return false;
    throw error;
  }
  await nodeFs.syncFolder(dirname(folder));
  return true;
}

/** Renames the old folder before its files go: half of it must never be brought back. */
async function removeAside(aside: string): Promise<void> {
  await rename(join(aside, OLD), join(aside, REPLACED)).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error;
  });
  await rm(aside, { recursive: true, force: true });
}

async function notRestored(folder: string, error: unknown): Promise<PipelineError> {
  const asides = await listAsides(folder);
  const old = join(asides[0]?.path ?? folder, OLD);
  const [{ found }] = asPipelineError(error).problems;
  return failure(
    'input-output',
    {
      code: 'model-not-restored',
      where: folder,
      found: `is missing: a run was stopped while it replaced the model, and the earlier one cannot be moved back (${found})`,
      expected: `a writable folder ${dirname(folder)}`,
      remedy: `make the folder writable and run again, or rename ${join(basename(dirname(old)), OLD)} in it to ${basename(folder)}`,
    },
    error,
  );
}

async function isAt(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
