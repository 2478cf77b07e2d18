/** Decodes an image file and brings it to the network's size, exactly as the tool does. */
import { imageLimits } from '../core/image-limits.js';
import type { ImageSpec } from '../image/dataset.js';
import { resizeToFit } from '../image/fit-pixels.js';
import { probeImage } from '../image/probe.js';

export interface Prepared {
  /** height x width x 3 bytes, RGB. */
  readonly pixels: Uint8Array;
  /** Whether some of it is transparent: browsers lose the colors of transparent pixels, the tool does not. */
  readonly transparent: boolean;
  /** Whether only this browser can read it: the tool reads no HEIC. */
  readonly onlyHere: boolean;
}

/** An image that cannot be used; the message follows its name. */
export class BadImage extends Error {}

/**
 * Rejects with {@link BadImage} if the tool would refuse the image too, with the same words, or if the browser cannot
 * decode it. The exception is HEIC, which Safari decodes and the tool does not.
 */
export async function prepareImage(file: Blob, image: ImageSpec): Promise<Prepared> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const probed = probeImage(bytes);
  const isHeic = !probed.ok && /^is a HEIC\b/.test(probed.reason);
  if (!probed.ok && !isHeic) throw new BadImage(probed.reason);
  // A browser fills in missing data without reporting it.
  if (probed.ok && probed.unended)
    throw new BadImage('has no end marker, so this browser cannot check that it is complete');
  const stored = image.orientation === 'stored' && probed.ok && probed.format === 'jpeg';
  const { data, width, height } = await decode(
    stored ? new Blob([withoutExif(bytes)]) : file,
    isHeic
      ? 'is a HEIC image, which this browser cannot decode: convert it to JPEG, or open this page in Safari'
      : undefined,
  );
  const { rgb, transparent } = withoutAlpha(data);
  const [toHeight, toWidth] = image.size;
  const { interpolation, fit } = image;
  const pixels = resizeToFit(rgb, { width, height }, { width: toWidth, height: toHeight }, { interpolation, fit });
  return { pixels, transparent, onlyHere: isHeic };
}

/** The RGB bytes of an image that has the network's size already. */
export async function decodePixels(file: Blob): Promise<Uint8Array> {
  return withoutAlpha((await decode(file)).data).rgb;
}

/** The pixels at full size: browsers resize differently from the tool. Color profiles are ignored, as in the tool. */
async function decode(file: Blob, failure = 'cannot be decoded by this browser'): Promise<ImageData> {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' }).catch(() => {
    throw new BadImage(failure);
  });
  try {
    const { width, height } = bitmap;
    // Of HEIC, no probe has said it before.
    if (width * height > imageLimits.pixels) throw new BadImage('has too many pixels');
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width, height });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (context === null) throw new BadImage('is larger than this browser can hold');
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, width, height);
  } finally {
    bitmap.close();
  }
}

/**
 * Hides the EXIF data of a JPEG, so that it is decoded as stored: Chromium rotates images even if asked not to.
 * Segments are a marker of two bytes, a length that counts itself, and data (ITU T.81, B.1.1.4).
 */
function withoutExif(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer);
  // Image data begins at SOS.
  for (let at = 2; at + 10 < bytes.length && bytes[at + 1] !== 0xda; at += 2 + view.getUint16(at + 2)) {
    const isExif = bytes[at + 1] === 0xe1 && view.getUint32(at + 4) === 0x45786966;
    if (isExif) view.setUint32(at + 4, 0);
  }
  return bytes;
}

function withoutAlpha(rgba: Uint8ClampedArray): { rgb: Uint8Array; transparent: boolean } {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  let transparent = false;
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    rgb[to++] = rgba[from];
    rgb[to++] = rgba[from + 1];
    rgb[to++] = rgba[from + 2];
    transparent ||= rgba[from + 3] < 255;
  }
  return { rgb, transparent };
}
