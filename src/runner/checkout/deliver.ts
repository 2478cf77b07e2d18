/** Writes a stage's files into folders of the project: whole or not at all, and never over a person's own changes. */
import type { Stats } from 'node:fs';
import { lstat, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestOf, type Digest, type BlobRef } from '../../core/digest.js';
import { own } from '../../core/own.js';
import { isInnerPath } from '../../core/paths.js';
import { failure, type PipelineError } from '../../core/problem.js';
import { digestRegular } from '../../core/regular-file.js';
import { hasCode, nodeFs } from '../../store/disk/cache-fs.js';
import { isUntouched, type DeliveredFile } from './checkout.js';
import { recoverFolder, swapIn } from './swap.js';

export type DeliveredFolder = Readonly<Record<string, DeliveredFile>>;

export interface DeliveryOptions {
  /** What the last delivery left there. */
  readonly before: DeliveredFolder | undefined;
  /** What a delivery that was broken off may have left there. */
  readonly ours?: readonly Digest[];
  /** Replace files of this stage that a person has changed. */
  readonly force: boolean;
  readonly stage: string;
  readonly readBytes: (ref: BlobRef) => Promise<Buffer>;
  readonly display: (path: string) => string;
}

const TRIES = 5;

/**
 * Makes `folder` hold exactly `files`, whose names may lead into folders of its own (`probes/1.png`). Untouched files of an earlier delivery are recognized by size and time, so that
 * a run without changes reads nothing. Throws `unsafe` if the folder holds something else.
 */
export async function deliverFolder(
  folder: string,
  files: ReadonlyMap<string, BlobRef | string>,
  options: DeliveryOptions,
): Promise<DeliveredFolder> {
  for (const name of files.keys()) if (!isInnerPath(name)) throw leavesFolder(folder, name, options);
  for (let tries = 1; ; tries++) {
    try {
      return await deliverOnce(folder, files, options);
    } catch (error) {
      // Another run put its folder there just now: it is looked at again.
      if (tries === TRIES || !hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error;
    }
  }
}

async function deliverOnce(
  folder: string,
  files: ReadonlyMap<string, BlobRef | string>,
  options: DeliveryOptions,
): Promise<DeliveredFolder> {
  await recoverFolder(folder);
  const wanted = new Map([...files].map(([name, content]) => [name, refOf(content)]));
  const present = await survey(folder, options.before);
  const current =
    present.size === wanted.size && [...wanted].every(([name, { digest }]) => present.get(name)?.digest === digest);
  if (!current) refuseForeign(folder, present, wanted, options);
  const found = current ? present : await replaceFolder(folder, files, options);
  const delivered = [...wanted].map(([name, ref]) => {
    const { mtimeMs, ctimeMs } = found.get(name)!.times;
    return [name, { ...ref, mtimeMs, ctimeMs }] as const;
  });
  return Object.fromEntries(delivered);
}

/** Names come from the record of a result, so anyone who can write to the cache chooses them. */
function leavesFolder(folder: string, name: string, { stage, display }: DeliveryOptions): PipelineError {
  return failure('unsafe', {
    code: 'name-leaves-folder',
    where: display(folder),
    found: `${stage} was to write a file named ${JSON.stringify(name)} there, which is a path outside it`,
    expected: 'a file name inside the folder',
    remedy: 'remove the cache unless you know who changed it, then run again: everything is computed again',
  });
}

/** What was found of a file. The times are from before its bytes were read, or from when nobody else knew its name: an edit since then shows in them. */
interface FoundFile {
  /** Undefined for what is not a regular file. */
  readonly digest: Digest | undefined;
  readonly times: Pick<Stats, 'mtimeMs' | 'ctimeMs'>;
}

export function digestsOf(files: ReadonlyMap<string, BlobRef | string>): Digest[] {
  return [...files.values()].map((content) => refOf(content).digest);
}

function refOf(content: BlobRef | string): BlobRef {
  return typeof content === 'string' ? { digest: digestOf(content), size: Buffer.byteLength(content) } : content;
}

/** Digests of what the folder holds now, by path below it. Links, empty folders and the like, which no delivery leaves there, have none. */
async function survey(folder: string, before: DeliveredFolder = {}): Promise<Map<string, FoundFile>> {
  const entries = (await pathsIn(folder, '')).map(async (name): Promise<[string, FoundFile]> => {
    const times = await lstat(join(folder, name));
    const known = own(before, name);
    if (known && isUntouched(known, times)) return [name, { digest: known.digest, times }];
    return [name, { digest: times.isFile() ? await digestRegular(join(folder, name)) : undefined, times }];
  });
  return new Map(await Promise.all(entries));
}

/** What lies in a folder and those below it, with `/` between names; of folders only the empty ones. Links are not followed. */
async function pathsIn(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    // One below that is gone was swapped for another just now: as an empty folder it would be a stranger.
    if (error.code === 'ENOENT' && folder === '') return [];
    throw error;
  });
  const paths = entries.map(async (entry) => {
    const path = `${folder}${entry.name}`;
    const inside = entry.isDirectory() ? await pathsIn(root, `${path}/`) : [];
    return inside.length > 0 ? inside : [path];
  });
  return (await Promise.all(paths)).flat();
}

/** A file counts as ours when an earlier delivery or this one holds its bytes. No force takes away what has none of our names. */
function refuseForeign(
  folder: string,
  present: ReadonlyMap<string, FoundFile>,
  wanted: ReadonlyMap<string, BlobRef>,
  { before, ours = [], force, stage, display }: DeliveryOptions,
): void {
  for (const [name, { digest }] of present) {
    const known = own(before, name);
    if (
      digest !== undefined &&
      (known?.digest === digest || wanted.get(name)?.digest === digest || ours.includes(digest))
    )
      continue;
    const isNamedSo = known !== undefined || wanted.has(name);
    if (force && isNamedSo) continue;
    throw failure('unsafe', {
      code: 'folder-changed',
      where: display(join(folder, name)),
      found: known !== undefined ? 'was changed since it was written' : 'was not written by this pipeline',
      expected: 'a folder that contains only what this stage wrote, or no folder',
      remedy: isNamedSo
        ? `move it away, or replace it with --force ${stage}`
        : `move it away, or choose another folder for ${stage}`,
    });
  }
}

/** Builds the new folder and puts it in the place of the old one. Returns what was written. */
async function replaceFolder(
  folder: string,
  files: ReadonlyMap<string, BlobRef | string>,
  options: DeliveryOptions,
): Promise<Map<string, FoundFile>> {
  const written = new Map<string, FoundFile>();
  await swapIn(folder, async (fresh) => {
    const folders = new Set([fresh]);
    for (const [name, content] of files) {
      const below = dirname(join(fresh, name));
      await mkdir(below, { recursive: true });
      folders.add(below);
      await writeFile(join(fresh, name), typeof content === 'string' ? content : await options.readBytes(content), {
        flag: 'wx',
        flush: true,
      });
      written.set(name, { digest: refOf(content).digest, times: await lstat(join(fresh, name)) });
    }
    // Their names, before the old folder goes: between the two renames nothing waits for the disk.
    for (const made of folders) await nodeFs.syncFolder(made);
  });
  return written;
}
