/** Writes a file whole or not at all. */
import { lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { nodeFs } from './cache-fs.js';
import { isLeftBehind, owner } from './owner.js';

export interface WriteOptions {
  /** False if losing the file in a power cut costs nothing: it is not synced then. */
  readonly durable?: boolean;
}

/**
 * Writes beside the file, syncs, renames, and syncs the folder, so that a power cut takes neither; readers see the old
 * text or the new one. Makes the folder if it is not there, and takes away what a process that was killed here left
 * beside the file.
 */
export async function writeWhole(path: string, text: string, { durable = true }: WriteOptions = {}): Promise<void> {
  const aside = besideOf(path);
  await mkdir(dirname(path), { recursive: true });
  await sweepBeside(path);
  try {
    await writeFile(aside, text, { flush: durable });
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
  if (durable) await nodeFs.syncFolder(dirname(path));
}

let count = 0;

/** A hidden path beside a file or folder, for its replacement; it contains its owner and is different each time. */
export function besideOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${owner()}-${count++}`);
}

/** Removes what dead processes left at {@link besideOf}, even if they had finished otherwise. */
export async function sweepBeside(path: string, remove: (aside: string) => Promise<void> = removeAll): Promise<void> {
  const prefix = `.${basename(path)}.`;
  for (const name of await readdir(dirname(path)).catch(() => [])) {
    if (!name.startsWith(prefix)) continue;
    const aside = join(dirname(path), name);
    const modifiedMs = await lstat(aside).then(
      (found) => found.mtimeMs,
      () => Infinity,
    );
    if (isLeftBehind(name.slice(prefix.length), modifiedMs)) await remove(aside);
  }
}

function removeAll(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}
