/** Thumbnails for a report, made from the files that the run read. */
import type { Files, ImageSpec } from '../../image/dataset.js';
import { thumbnailOf } from '../../image/thumbnail.js';

/** `changed`: the file exists, but contains a different image. */
export type ShownImage =
  | { readonly state: 'shown'; readonly url: string; readonly width: number; readonly height: number }
  | { readonly state: 'gone' | 'changed' | 'unreadable' | 'left-out' };

/** The bytes of an image with a digest from one of its paths below a root that `files` names. */
export type ReadShown = (
  root: string,
  paths: readonly string[],
  digest: string,
) => Promise<Uint8Array | 'gone' | 'changed'>;

/** Bytes of all thumbnails in one report, which should stay small enough to mail. */
const MOST_BYTES = 600_000;

export class Thumbnails {
  private left = MOST_BYTES;

  constructor(private readonly read: ReadShown) {}

  /** `orientation` is how the model saw the image. */
  async show(digest: string, { root, paths }: Files, orientation: ImageSpec['orientation']): Promise<ShownImage> {
    const found = await this.read(root, paths[digest] ?? [], digest);
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
