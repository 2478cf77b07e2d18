/**
 * Warps an image by an affine matrix with bilinear interpolation, as `scipy.ndimage.affine_transform` of order 1 does.
 */

export type FillMode = 'nearest' | 'reflect' | 'wrap' | 'constant';

/** What lies beyond the edges; `cval` is the gray level of `constant`, 0 to 255. */
export interface Fill {
  readonly mode: FillMode;
  readonly cval: number;
}

/**
 * Where in the source each pixel of the result is read, as rows [column part, row part, offset]:
 * x = xx * column + xy * row + x0, y = yx * column + yy * row + y0.
 */
export interface AffineMatrix {
  readonly xx: number;
  readonly xy: number;
  readonly x0: number;
  readonly yx: number;
  readonly yy: number;
  readonly y0: number;
}

/** Applied after the warp: `horizontal` swaps left and right, `vertical` top and bottom. */
export interface Flips {
  readonly horizontal: boolean;
  readonly vertical: boolean;
}

/**
 * Folds a coordinate beyond the edges back into [0, extent - 1], by scipy's rules; -1 where `constant` fills.
 * `reflect` repeats the edge pixel (d c b a | a b c d); `wrap` has the period extent - 1, so that the first and the
 * last pixel fall on each other, which is scipy's `wrap` and not its `grid-wrap`.
 */
function fold(at: number, extent: number, mode: FillMode): number {
  const last = extent - 1;
  if (at >= 0 && at <= last) return at;
  switch (mode) {
    case 'constant':
      return -1;
    case 'nearest':
      return at < 0 ? 0 : last;
    case 'wrap':
      if (last === 0) return 0;
      return at < 0 ? at + last * (Math.floor(-at / last) + 1) : Math.max(at - last * Math.floor(at / last), 0);
    case 'reflect': {
      const period = 2 * extent;
      const phase = (((at + 0.5) % period) + period) % period;
      const folded = (phase < extent ? phase : period - phase) - 0.5;
      // Within half a pixel beyond an edge both neighbors are the edge pixel.
      return Math.min(Math.max(folded, 0), last);
    }
  }
}

/**
 * Warps height x width x 3 levels into `into` (same shape), each result pixel read backwards through the matrix, then
 * flipped. Coordinates count from the center of the first pixel.
 */
export function warp(
  pixels: Uint8Array,
  width: number,
  height: number,
  matrix: AffineMatrix,
  fill: Fill,
  flips: Flips,
  into: Float32Array,
): void {
  const { xx, xy, x0, yx, yy, y0 } = matrix;
  const { mode, cval } = fill;
  const lastX = width - 1;
  const lastY = height - 1;
  const step = flips.horizontal ? -3 : 3;
  for (let row = 0; row < height; row++) {
    const targetRow = flips.vertical ? lastY - row : row;
    let target = (targetRow * width + (flips.horizontal ? lastX : 0)) * 3;
    for (let column = 0; column < width; column++, target += step) {
      let x = xx * column + xy * row + x0;
      let y = yx * column + yy * row + y0;
      if (!(x >= 0 && x <= lastX && y >= 0 && y <= lastY)) {
        x = fold(x, width, mode);
        y = fold(y, height, mode);
        if (x < 0 || y < 0) {
          into[target] = into[target + 1] = into[target + 2] = cval;
          continue;
        }
      }
      const left = Math.floor(x);
      const top = Math.floor(y);
      const right = x - left;
      const below = y - top;
      // On the last column or row the neighbor beyond has no weight; the pixel itself stands in for it.
      const a = (top * width + left) * 3;
      const b = left < lastX ? a + 3 : a;
      const down = top < lastY ? width * 3 : 0;
      const c = a + down;
      const d = b + down;
      const weightA = (1 - below) * (1 - right);
      const weightB = (1 - below) * right;
      const weightC = below * (1 - right);
      const weightD = below * right;
      into[target] = weightA * pixels[a] + weightB * pixels[b] + weightC * pixels[c] + weightD * pixels[d];
      into[target + 1] =
        weightA * pixels[a + 1] + weightB * pixels[b + 1] + weightC * pixels[c + 1] + weightD * pixels[d + 1];
      into[target + 2] =
        weightA * pixels[a + 2] + weightB * pixels[b + 2] + weightC * pixels[c + 2] + weightD * pixels[d + 2];
    }
  }
}

/**
 * Copies height x width x 3 levels into `into`, flipped: what {@link warp} does under the identity, without its price.
 */
export function flip(pixels: Uint8Array, width: number, height: number, flips: Flips, into: Float32Array): void {
  const step = flips.horizontal ? -3 : 3;
  let source = 0;
  for (let row = 0; row < height; row++) {
    const targetRow = flips.vertical ? height - 1 - row : row;
    let target = (targetRow * width + (flips.horizontal ? width - 1 : 0)) * 3;
    for (let column = 0; column < width; column++, target += step) {
      into[target] = pixels[source++];
      into[target + 1] = pixels[source++];
      into[target + 2] = pixels[source++];
    }
  }
}
