/** Opens an image file's bytes as RGB pixels, whatever the format had. */
import sharp, { type Sharp, type SharpOptions } from 'sharp';
import { formatOf } from '../core/image-signatures.js';
import type { ImageSpec } from './dataset.js';
import { decodeBmp } from './formats/bmp.js';
import { jpegFrame } from './formats/jpeg.js';
import { imageLimits } from '../core/image-limits.js';
import { probeImage } from './probe.js';

/** The pixels of an image, height x width x 3 bytes. */
interface Raster {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** An image of which only the header was read. */
export interface OpenImage {
  /** A pipeline of its own with each call; CMYK is already RGB in it. */
  readonly pixels: () => Promise<Sharp>;
  readonly hasAlpha: boolean;
  /** More pixels than a thread should decode of two images at once. */
  readonly large: boolean;
}

/**
 * Colors are taken as Pillow's `convert('RGB')` takes them: embedded profiles are ignored, CMYK is multiplied out,
 * alpha is dropped ({@link readRgb}). A JPEG that lacks its end marker is read if it lacks nothing else, as Pillow and
 * browsers read it. Rejects with sharp's error for what it cannot read.
 */
export async function openImage(bytes: Uint8Array, orientation: ImageSpec['orientation']): Promise<OpenImage> {
  const format = formatOf(bytes);
  if (format === 'bmp') {
    const { data, width, height } = decodeBmp(bytes);
    return {
      pixels: () => Promise.resolve(ofPixels({ data, width, height })),
      hasAlpha: false,
      large: isLarge(width, height),
    };
  }
  const unended = format === 'jpeg' && lacksEnd(bytes);
  const input: SharpOptions = {
    autoOrient: orientation === 'exif',
    failOn: unended ? 'warning' : 'error',
    ignoreIcc: true,
    limitInputPixels: imageLimits.mostPixels,
    pages: 1,
    sequentialRead: true,
  };
  // With an end marker, only missing image data is left to warn of.
  const whole = unended ? Buffer.concat([bytes, END_OF_IMAGE]) : bytes;
  const open = (): Sharp => sharp(whole, input);
  // A JPEG has no alpha, and its header shows the rest at less cost than sharp does.
  const frame = format === 'jpeg' ? jpegFrame(bytes) : undefined;
  if (frame !== undefined && frame.channels !== 4)
    return { pixels: () => Promise.resolve(open()), hasAlpha: false, large: isLarge(frame.width, frame.height) };
  const { space, hasAlpha, width, height } = await open().metadata();
  const pixels = space === 'cmyk' ? () => multipliedOut(open()).then(ofPixels) : () => Promise.resolve(open());
  return { pixels, hasAlpha: hasAlpha && space !== 'cmyk', large: isLarge(width, height) };
}

function isLarge(width: number, height: number): boolean {
  return width * height > imageLimits.largePixels;
}

/** Decodes an image as a whole. */
export async function readRgb({ pixels }: OpenImage): Promise<Raster> {
  const { data, info } = await rgb(await pixels()).toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

/** Whether a JPEG has no end marker. Nearly all end with it, which spares the search. */
function lacksEnd(bytes: Uint8Array): boolean {
  if (bytes.at(-2) === END_OF_IMAGE[0] && bytes.at(-1) === END_OF_IMAGE[1]) return false;
  const probe = probeImage(bytes, Infinity);
  return probe.ok && probe.unended === true;
}

/** Three bytes per pixel. */
function rgb(image: Sharp): Sharp {
  return image.removeAlpha().toColourspace('srgb').raw({ depth: 'uchar' });
}

/** A pipeline that begins with decoded pixels. */
export function ofPixels({ data, width, height }: Raster): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/**
 * CMYK as Pillow converts it, without a profile: each color is what its ink and black leave of white.
 * Source: Pillow, src/libImaging/Convert.c, cmyk2rgb.
 */
async function multipliedOut(image: Sharp): Promise<Raster> {
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
  return { data, width, height };
}

/** Rounded; Pillow's MULDIV255. */
function dividedBy255(product: number): number {
  const sum = product + 128;
  return ((sum >> 8) + sum) >> 8;
}
