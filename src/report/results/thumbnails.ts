/** Thumbnails for a report, made from the files that the run read. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../core/digest.js';
import { readRegular } from '../../core/regular-file.js';
import type { Files, ImageSpec } from '../../image/dataset.js';
import { imageLimits } from '../../core/image-limits.js';
import { thumbnailOf } from '../../image/thumbnail.js';

/** `changed`: the file exists, but contains a different image. */
export type ShownImage =
  | { readonly state: 'shown'; readonly url: string; readonly width: number; readonly height: number }
  | { readonly state: 'gone' | 'changed' | 'unreadable' | 'left-out' };

/** The absolute path of a root that `files` names; undefined if it does not exist (anymore). */
export type FolderOf = (root: string) => Promise<string | undefined>;

/** Bytes of all thumbnails in one report, which should stay small enough to mail. */
const MOST_BYTES = 600_000;

export class Thumbnails {
  private left = MOST_BYTES;

  constructor(private readonly folderOf: FolderOf) {}

  /** `orientation` is how the model saw the image. */
  async show(digest: string, { root, paths }: Files, orientation: ImageSpec['orientation']): Promise<ShownImage> {
    const folder = await this.folderOf(root);
    const found = folder === undefined ? 'gone' : await readImage(folder, paths[digest] ?? [], digest);
    if (typeof found === 'string') return { state: found };
    if (this.left <= 0) return { state: 'left-out' };
    const thumbnail = await thumbnailOf(found, orientation);
    if (thumbnail === undefined) return { state: 'unreadable' };
    const { bytes, width, height } = thumbnail;
    if (bytes.length > this.left) return { state: 'left-out' };
    this.left -= bytes.length;
    return { state: 'shown', url: `data:image/webp;base64,${Buffer.from(bytes).toString('base64')}`, width, height };
  }
}

/** The bytes with this digest, from any of their paths: a file may contain a different image now. */
async function readImage(
  folder: string,
  paths: readonly string[],
  digest: string,
): Promise<Uint8Array | 'gone' | 'changed'> {
  let state: 'gone' | 'changed' = 'gone';
  for (const path of paths) {
    const file = join(folder, path);
    const size = await stat(file).then(
      (info) => (info.isFile() ? info.size : undefined),
      () => undefined,
    );
    if (size === undefined) continue;
    state = 'changed';
    if (size > imageLimits.bytes) continue;
    const bytes = await readRegular(file, { limit: imageLimits.bytes }).catch(() => undefined);
    if (bytes !== undefined && digestOf(bytes) === digest) return bytes;
  }
  return state;
}
