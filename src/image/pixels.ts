/** Opens an image file's bytes as RGB pixels that sharp can resize, whatever the format had. */
import sharp, { type Sharp, type SharpOptions } from 'sharp';
import { formatOf } from '../core/image-signatures.js';
import type { ImageSpec } from './dataset.js';
import { decodeBmp } from './formats/bmp.js';
import { jpegChannels } from './formats/jpeg.js';
import { imageLimits } from '../core/image-limits.js';
import { probeImage } from './probe.js';

/** What decoding begins with; each call gives a pipeline of its own. */
export interface OpenImage {
  readonly pixels: () => Sharp;
  /** More pixels than a thread should decode of two images at once. */
  readonly large: boolean;
}

/**
 * Colors are taken as Pillow's `convert('RGB')` takes them: embedded profiles are ignored, CMYK is multiplied out,
 * alpha is dropped. What sharp would do otherwise is done here in a pass over the whole image, for the few that need
 * it. A JPEG that lacks its end marker is read if it lacks nothing else, as Pillow and browsers read it. Rejects with
 * sharp's error for what it cannot read.
 */
export async function openImage(bytes: Uint8Array, orientation: ImageSpec['orientation']): Promise<OpenImage> {
  const format = formatOf(bytes);
  if (format === 'bmp') {
    const { data, width, height } = decodeBmp(bytes);
    return ofPixels(data, width, height);
  }
  const unended = format === 'jpeg' && lacksEnd(bytes);
  const input: SharpOptions = {
    autoOrient: orientation === 'exif',
    failOn: 'error',
    ignoreIcc: true,
    limitInputPixels: imageLimits.mostPixels,
    pages: 1,
    sequentialRead: true,
  };
  const whole = unended ? Buffer.concat([bytes, END_OF_IMAGE]) : bytes;
  const pixels = (): Sharp => sharp(whole, input);
  // With an end marker, only missing image data is left to warn of. While it reduces an image, libvips overlooks that.
  if (unended)
    await sharp(whole, { ...input, failOn: 'warning' })
      .raw()
      .toBuffer();
  // A JPEG has no alpha, and its header shows its channels at less cost than sharp does.
  if (format === 'jpeg' && jpegChannels(bytes) !== 4 && bytes.length < imageLimits.largePixels / 16)
    return { pixels, large: false };
  const { space, hasAlpha, width, height } = await pixels().metadata();
  if (space === 'cmyk') return await multipliedOut(pixels());
  if (!hasAlpha) return { pixels, large: width * height > imageLimits.largePixels };
  // sharp multiplies colors by their alpha before it resizes, which would turn what is transparent black.
  const { data, info } = await rgb(pixels()).toBuffer({ resolveWithObject: true });
  return ofPixels(data, info.width, info.height);
}

const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

/** Whether a JPEG has no end marker. Nearly all end with it, which spares the search. */
function lacksEnd(bytes: Uint8Array): boolean {
  if (bytes.at(-2) === END_OF_IMAGE[0] && bytes.at(-1) === END_OF_IMAGE[1]) return false;
  const probe = probeImage(bytes, Infinity);
  return probe.ok && probe.unended === true;
}

/** Three bytes per pixel. */
export function rgb(image: Sharp): Sharp {
  return image.removeAlpha().toColourspace('srgb').raw({ depth: 'uchar' });
}

function ofPixels(data: Uint8Array, width: number, height: number): OpenImage {
  return {
    pixels: () => sharp(data, { raw: { width, height, channels: 3 } }),
    large: width * height > imageLimits.largePixels,
  };
}

/**
 * CMYK as Pillow converts it, without a profile: each color is what its ink and black leave of white.
 * Source: Pillow, src/libImaging/Convert.c, cmyk2rgb.
 */
async function multipliedOut(image: Sharp): Promise<OpenImage> {
  const { data: inks, info } = await image
    .pipelineColourspace('cmyk')
    .toColourspace('cmyk')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < data.length; from += channels) {
    const white = 255 - inks[from + 3];
    for (let channel = 0; channel < 3; channel++) data[to++] = white - dividedBy255(inks[from + channel] * white);
  }
  return ofPixels(data, width, height);
}

/** Rounded; Pillow's MULDIV255. */
function dividedBy255(product: number): number {
  const sum = product + 128;
  return ((sum >> 8) + sum) >> 8;
}
