/** Small copies of the pictures that a report shows, from where they lay when the run saw them. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../core/digest.js';
import { readRegular } from '../../core/regular-file.js';
import type { Files, ImageSpec } from '../../image/dataset.js';
import { pictureLimits } from '../../image/probe.js';
import { thumbnailOf } from '../../image/thumbnail.js';

/** `changed`: a file is there, and it is not the picture any more. */
export type ShownPicture =
  | { readonly state: 'shown'; readonly url: string; readonly width: number; readonly height: number }
  | { readonly state: 'gone' | 'changed' | 'unreadable' | 'left-out' };

/** The absolute path of a root that `files` names; undefined where it is not there (any more). */
export type FolderOf = (root: string) => Promise<string | undefined>;

/** Bytes of all copies in one report, so that it stays a file to be mailed. */
const MOST_BYTES = 600_000;

export class Pictures {
  private left = MOST_BYTES;

  constructor(private readonly folderOf: FolderOf) {}

  /** The orientation is that in which the model saw the picture. */
  async show(digest: string, { root, paths }: Files, orientation: ImageSpec['orientation']): Promise<ShownPicture> {
    const folder = await this.folderOf(root);
    const found = folder === undefined ? 'gone' : await readPicture(folder, paths[digest] ?? [], digest);
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

/** The bytes of this very digest, under any of the names that they had: a file may be another picture by now. */
async function readPicture(
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
    if (size > pictureLimits.bytes) continue;
    const bytes = await readRegular(file, { limit: pictureLimits.bytes }).catch(() => undefined);
    if (bytes !== undefined && digestOf(bytes) === digest) return bytes;
  }
  return state;
}
