/** What an image's file says about itself beyond its size: for looking closely, not for training. */
import sharp from 'sharp';

/**
 * The way up that a camera noted in EXIF: 1 is upright, 2 to 8 are turned or mirrored; undefined if nothing is noted.
 */
export async function orientationOf(bytes: Uint8Array): Promise<number | undefined> {
  try {
    return (await sharp(bytes).metadata()).orientation;
  } catch {
    return undefined; // decoding reports what cannot be decoded
  }
}
