/** Where an image lies in the network's input: stretched over it, cropped to it, or padded. */
import { isRecord } from '../core/is-record.js';

/** A size in pixels. */
export interface Extent {
  readonly width: number;
  readonly height: number;
}

/** How images of other proportions are brought to size; undefined if they are stretched. */
export type Fit =
  | {
      readonly kind: 'crop';
      /** The share of the short side that is kept. */
      readonly crop_pct: number;
      /** Odd margins are halved and rounded half to even, as in torchvision; left out, they are rounded down. */
      readonly rounding?: 'even';
    }
  | {
      readonly kind: 'pad';
      /** Red, green and blue of what lies around the image. */
      readonly fill: readonly [number, number, number];
    };

/** The image is resized to `scaled`; of that, the part from `cut` on is laid at `place` in the result. */
export interface Placement {
  readonly scaled: Extent;
  /** The first column and row of the resized image that are kept. */
  readonly cut: { readonly left: number; readonly top: number };
  /** Where they go in the result. */
  readonly place: { readonly left: number; readonly top: number };
  /** How many columns and rows are kept. */
  readonly kept: Extent;
}

/** The sides before a center crop to `to`: 224 / 0.875 is 256. Rounded down, as timm does (`timm.data.transforms_factory`). */
export function sidesBeforeCrop({ width, height }: Extent, cropPct: number): Extent {
  // A share such as 224 / 248 times its inverse may fall just short of the whole number that it came from.
  const side = (extent: number) => Math.floor(extent / cropPct + 1e-6);
  return { width: side(width), height: side(height) };
}

/**
 * Places an image of one size in a result of another; without a fit it is stretched over it. The arithmetic of `crop` is that of Hugging Face's processors
 * (`transformers.image_transforms.get_resize_output_image_size` and `center_crop`: the long side and the offsets are
 * rounded down, unless `rounding` says as torchvision's `center_crop`), that of `pad` Pillow's (`PIL.ImageOps.pad`: sides and offsets are rounded half to even).
 */
export function placementOf(from: Extent, to: Extent, fit: Fit | undefined): Placement {
  if (fit === undefined) return { scaled: to, cut: { left: 0, top: 0 }, place: { left: 0, top: 0 }, kept: to };
  if (fit.kind === 'pad') return padded(from, to);
  const box = sidesBeforeCrop(to, fit.crop_pct);
  const isWide = box.width * from.height <= box.height * from.width;
  const scaled = isWide
    ? { width: Math.trunc((box.height * from.width) / from.height), height: box.height }
    : { width: box.width, height: Math.trunc((box.width * from.height) / from.width) };
  // A result that is larger than the box cannot be: the share is at most 1.
  const round = fit.rounding === 'even' ? halfToEven : Math.floor;
  const cut = { left: round((scaled.width - to.width) / 2), top: round((scaled.height - to.height) / 2) };
  return { scaled, cut, place: { left: 0, top: 0 }, kept: to };
}

function padded(from: Extent, to: Extent): Placement {
  const scaled =
    from.width / from.height >= to.width / to.height
      ? { width: to.width, height: Math.max(1, halfToEven((from.height / from.width) * to.width)) }
      : { width: Math.max(1, halfToEven((from.width / from.height) * to.height)), height: to.height };
  const place = {
    left: halfToEven((to.width - scaled.width) * 0.5),
    top: halfToEven((to.height - scaled.height) * 0.5),
  };
  return { scaled, cut: { left: 0, top: 0 }, place, kept: scaled };
}

function halfToEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Whether a value that was read is a fit, with numbers in their range. */
export function isFit(value: unknown): value is Fit {
  if (!isRecord(value)) return false;
  const { kind, crop_pct: share, rounding, fill } = value;
  if (kind === 'crop' && rounding !== undefined && rounding !== 'even') return false;
  if (kind === 'crop') return typeof share === 'number' && share >= 0.1 && share <= 1;
  const isLevel = (level: unknown) => Number.isInteger(level) && Number(level) >= 0 && Number(level) <= 255;
  return kind === 'pad' && Array.isArray(fill) && fill.length === 3 && fill.every(isLevel);
}

/** `cropped to 0.875`; for people. */
export function describeFit(fit: Fit | undefined): string {
  if (fit === undefined) return 'stretched';
  if (fit.kind === 'pad') return `padded with [${fit.fill.join(', ')}]`;
  return `cropped to ${fit.crop_pct}${fit.rounding === 'even' ? ', margins rounded to even' : ''}`;
}
