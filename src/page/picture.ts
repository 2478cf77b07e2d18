/** From a file that a person gives to the numbers that the network takes in, as the tool makes them. */
import type { ImageSpec } from '../image/dataset.js';
import { probePicture } from '../image/probe.js';
import { resize } from '../image/resample.js';
import { preprocess, type Preprocessing } from '../model/preprocessing.js';

export interface Prepared {
  /** height x width x 3 numbers. */
  readonly input: Float32Array;
  /** Whether some of it is transparent: a browser loses the colours that the tool finds under it. */
  readonly transparent: boolean;
}

/** A picture that cannot be taken; the message follows its name. */
export class BadPicture extends Error {}

/** Rejects with {@link BadPicture} for what the tool would refuse too, in its words, and where the browser cannot decode it. */
export async function preparePicture(file: Blob, image: ImageSpec, preprocessing: Preprocessing): Promise<Prepared> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const probe = probePicture(bytes);
  if (!probe.ok) throw new BadPicture(probe.reason);
  // A browser fills in what is missing; whether anything is, it does not say.
  if (probe.unended === true)
    throw new BadPicture('has no end marker: this browser cannot tell whether it is complete');
  const stored = image.orientation === 'stored' && probe.format === 'jpeg';
  const { data, width, height } = await decode(stored ? new Blob([withoutExif(bytes)]) : file);
  const { rgb, transparent } = withoutAlpha(data);
  const [toHeight, toWidth] = image.size;
  const { interpolation } = image;
  const pixels = resize(
    rgb,
    { width, height },
    { width: toWidth, height: toHeight },
    { interpolation, format: probe.format },
  );
  const input = new Float32Array(pixels.length);
  preprocess(pixels, input, preprocessing);
  return { input, transparent };
}

/** The pixels at their full size: browsers' own resizing is none of the tool's. Colour profiles are left alone, as by the tool. */
async function decode(file: Blob): Promise<ImageData> {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' }).catch(() => {
    throw new BadPicture('cannot be decoded by this browser');
  });
  try {
    const { width, height } = bitmap;
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width, height });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (context === null) throw new BadPicture('is larger than this browser can hold');
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, width, height);
  } finally {
    bitmap.close();
  }
}

/**
 * A JPEG whose EXIF data nobody finds, so that it is taken as it is stored: Chromium turns pictures whatever it is asked
 * for. Segments are a marker of two bytes, a length that counts itself, and data (ITU T.81, B.1.1.4).
 */
function withoutExif(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer);
  // Picture data begins at SOS.
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
