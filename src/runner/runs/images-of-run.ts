/** Images of a run, where they are now: files and buckets may have changed since. */
import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { loadPipeline } from '../../config/load.js';
import { stagesOf } from '../../config/lint/lineage.js';
import { projectRootOf } from '../../config/project-root.js';
import { digestOf } from '../../core/digest.js';
import { imageLimits } from '../../core/image-limits.js';
import type { BucketPlace } from '../../core/image-place.js';
import { readRegular } from '../../core/regular-file.js';
import { bucketOf, parseArchiveRoot, parseBucketRoot } from '../../core/source.js';
import { bytesOf, openBucketPlace, readObject } from '../../object-store/bucket-objects.js';
import type { OpenedRun } from './open-run.js';

type Found = Uint8Array | 'gone' | 'changed';

/**
 * The bytes with this digest, from any of their paths below a root that an output of the run names. `changed`: there is
 * another image.
 */
export async function readFromRun(
  opened: OpenedRun,
  root: string,
  paths: readonly string[],
  digest: string,
): Promise<Found> {
  if (parseBucketRoot(root) === undefined) {
    const folder = await folderOfRoot(opened, root);
    return folder === undefined ? 'gone' : readFromFolder(folder, paths, digest);
  }
  let state: Found = 'gone';
  for (const bucket of await bucketsOf(opened)) {
    const found = await firstOf(paths, digest, (path) => readFromBucket(bucket, path));
    if (typeof found !== 'string') return found;
    if (found === 'changed') state = found;
  }
  return state;
}

export function readFromFolder(folder: string, paths: readonly string[], digest: string): Promise<Found> {
  return firstOf(paths, digest, (path) => readFile(join(folder, path)));
}

async function firstOf(
  paths: readonly string[],
  digest: string,
  read: (path: string) => Promise<Found>,
): Promise<Found> {
  let state: 'gone' | 'changed' = 'gone';
  for (const path of paths) {
    const bytes = await read(path);
    if (bytes === 'gone') continue;
    state = 'changed';
    if (bytes !== 'changed' && digestOf(bytes) === digest) return bytes;
  }
  return state;
}

async function readFile(file: string): Promise<Found> {
  const info = await stat(file).catch(() => undefined);
  if (!info?.isFile()) return 'gone';
  if (info.size > imageLimits.bytes) return 'changed';
  return readRegular(file, { limit: imageLimits.bytes }).catch(() => 'changed' as const);
}

/** The folder of a root that an output names; undefined if it is an archive whose unpacked folder is gone. */
async function folderOfRoot({ project, run, store }: OpenedRun, root: string): Promise<string | undefined> {
  const archived = parseArchiveRoot(root);
  // The run says of which file it is; the call may have named but the run.
  if (archived === undefined) return resolve(projectRootOf(dirname(resolve(project.home, run.pipeline.file))), root);
  const folder = await store.sources.unpacked(archived.archive);
  return folder === undefined ? undefined : join(folder, archived.folder);
}

/** Buckets that the pipeline file names now: no result says where its images were. */
async function bucketsOf({ project, run }: OpenedRun): Promise<BucketPlace[]> {
  const file = resolve(project.home, run.pipeline.file);
  const pipeline = await loadPipeline(file, { set: run.source.set, cwd: project.home }).catch(() => undefined);
  const places = stagesOf(pipeline?.stages ?? [], 'ingest').flatMap(({ config }) => bucketOf(config.source) ?? []);
  return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
}

/** A report does without images of a bucket that cannot be reached. */
async function readFromBucket(bucket: BucketPlace, name: string): Promise<Found> {
  try {
    const bytes = await readObject(await openBucketPlace(bucket), name, async (body) =>
      body.size > imageLimits.bytes ? 'changed' : bytesOf(body),
    );
    return bytes ?? 'gone';
  } catch {
    return 'gone';
  }
}
