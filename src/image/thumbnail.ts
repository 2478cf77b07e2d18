/** Small copies of images, for people to look at. */
import type { ImageSpec } from './dataset.js';
import { ofPixels, openImage, readRgb } from './pixels.js';

/** Pixels of the longer side. */
const SIDE = 192;

export interface Thumbnail {
  /** WebP. */
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * An image in its own aspect, encoded again so that nothing else of the file goes along; undefined if it cannot be
 * decoded.
 */
export async function thumbnailOf(
  bytes: Uint8Array,
  orientation: ImageSpec['orientation'],
): Promise<Thumbnail | undefined> {
  try {
    const image = await openImage(bytes, orientation);
    // sharp multiplies colors by their alpha before it resizes, which would turn what is transparent black.
    const pixels = image.hasAlpha ? ofPixels(await readRgb(image)) : await image.pixels();
    const small = pixels.resize(SIDE, SIDE, { fit: 'inside', withoutEnlargement: true });
    const { data, info } = await small
      .toColourspace('srgb')
      .webp({ quality: 72 })
      .toBuffer({ resolveWithObject: true });
    return { bytes: data, width: info.width, height: info.height };
  } catch {
    return undefined;
  }
}
