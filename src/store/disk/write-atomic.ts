/** Writes a file whole or not at all. */
import type { Stats } from 'node:fs';
import { lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { nodeFs } from './cache-fs.js';
import { isProcessName } from '../upkeep/forms.js';
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
export async function writeWhole(
  path: string,
  text: string | Uint8Array,
  { durable = true }: WriteOptions = {},
): Promise<void> {
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

/** Something at a path that {@link besideOf} gave to a process. */
export interface Aside {
  readonly path: string;
  /** The part of its name that names the process. */
  readonly owner: string;
  readonly stats: Stats;
}

/** What is beside a file or folder under a name of {@link besideOf}, the one changed last first. A longer name belongs to someone else. */
export async function listAsides(path: string): Promise<Aside[]> {
  const prefix = `.${basename(path)}.`;
  const names = await readdir(dirname(path)).catch(() => []);
  const found = names.map(async (name): Promise<Aside[]> => {
    const owner = name.slice(prefix.length);
    if (!name.startsWith(prefix) || !isProcessName(owner)) return [];
    const aside = join(dirname(path), name);
    const stats = await lstat(aside).catch(() => undefined);
    return stats === undefined ? [] : [{ path: aside, owner, stats }];
  });
  return (await Promise.all(found)).flat().sort((a, b) => b.stats.mtimeMs - a.stats.mtimeMs);
}

/** Removes the files that dead processes left at {@link besideOf}. */
export async function sweepBeside(path: string): Promise<void> {
  for (const { path: aside, owner, stats } of await listAsides(path)) {
    if (stats.isFile() && isLeftBehind(owner, stats.mtimeMs)) await rm(aside, { force: true });
  }
}
