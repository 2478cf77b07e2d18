/** A data set in several Parquet files, as the hub stores them: `data/train-00000-of-00002.parquet`. */
import { basename } from 'node:path';
import { stat } from 'node:fs/promises';
import { canonical } from '../core/canonical.js';
import { digestOf, type Digest } from '../core/digest.js';
import type { FolderListing } from '../core/folder-listing.js';
import { hasImageName } from '../core/image-name.js';
import { changedMeanwhile, openRegular } from '../core/regular-file.js';
import { splitOfFolder, type SplitName } from '../core/split-folders.js';
import { limits } from './archive/limits.js';
import type { ArchiveFile, UnpackContext } from './folder.js';

export interface ShardFile extends ArchiveFile {
  /** Relative to the folder, with `/`. */
  readonly name: string;
}

const ending = /\.parquet$/i;

/** Which files of a folder are its data set; none if the folder has images of its own. */
export function shardsAmong(paths: readonly string[]): readonly string[] {
  return paths.some(hasImageName) ? [] : paths.filter((path) => ending.test(path));
}

/** The same of a listing, whose paths are separated only if the first is not an image. */
export function shardsIn(listing: Pick<FolderListing, 'pathText' | 'paths'>): readonly string[] {
  const [first] = listing.pathText.split('\0', 1);
  return hasImageName(first) ? [] : shardsAmong(listing.paths);
}

/** The digest that stands for all files, as that of an archive does. */
export function digestOfShards(shards: readonly Pick<ShardFile, 'name' | 'digest'>[]): Digest {
  return digestOf(`shards\n${canonical(shards.map(({ name, digest }) => [name, digest]))}`);
}

/** The split in a file's name or in that of a folder around it; undefined if there is none. */
export function splitOfShard(name: string): SplitName | undefined {
  const stem = basename(name).replace(ending, '');
  const words = [stem.replace(/-\d+-of-\d+(-[0-9a-f]+)?$/, ''), ...name.split('/').slice(0, -1).reverse()];
  return words.map(splitOfFolder).find((split) => split !== undefined);
}

/** Unpacks all files into one folder; `name` is what people know them by. Throws `bad-data` if one has changed. */
export function openShards(shards: readonly ShardFile[], name: string, context: UnpackContext): Promise<string> {
  const { sources, signal, emit } = context;
  const digest = digestOfShards(shards);
  const onProgress = (done: number, total: number): void =>
    emit({ event: 'progress', stage: context.name, task: 'unpack', unit: 'bytes', done, total });
  return sources.once(`unpack ${digest}`, async () => {
    const there = await sources.store.unpacked(digest);
    return there ?? sources.store.unpack(digest, (folder) => unpackInto(folder, shards, { name, signal, onProgress }));
  });
}

interface UnpackOptions {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

async function unpackInto(folder: string, shards: readonly ShardFile[], options: UnpackOptions): Promise<void> {
  const [{ Target }, { unpackParquet }] = await Promise.all([
    import('./archive/target.js'),
    import('./archive/parquet.js'),
  ]);
  const sizes = await Promise.all(shards.map(async ({ path }) => (await stat(path)).size));
  const packed = sizes.reduce((sum, size) => sum + size, 0);
  const { name: archive, ...rest } = options;
  const target = new Target({ archive, packed, folder, bounds: limits, ...rest });
  const splits = new Set(shards.map(({ name }) => splitOfShard(name)));
  const files = await openAll(shards, archive);
  try {
    const digests = await unpackParquet(
      shards.map(({ name }, i) => ({
        file: files[i],
        where: `${archive}/${name}`,
        folder: name.replace(ending, ''),
        // A split of which all images are says nothing.
        split: splits.size > 1 ? splitOfShard(name) : undefined,
      })),
      target,
    );
    const changed = shards.find(({ digest }, i) => digests[i] !== digest);
    if (changed !== undefined) throw changedMeanwhile(`${archive}/${changed.name}`);
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

async function openAll(
  shards: readonly ShardFile[],
  archive: string,
): Promise<Awaited<ReturnType<typeof openRegular>>[]> {
  const opened = await Promise.allSettled(
    shards.map(({ path, name }) => openRegular(path, { where: `${archive}/${name}` })),
  );
  const files = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = opened.find((one) => one.status === 'rejected');
  if (failed === undefined) return files;
  await Promise.all(files.map((file) => file.close()));
  throw failed.reason;
}
