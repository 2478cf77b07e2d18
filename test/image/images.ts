/** Images for tests, drawn in memory. */
import sharp, { type Sharp } from 'sharp';
import { Random } from '../../src/core/random.js';

export type Colour = readonly [number, number, number];
export const RED: Colour = [230, 20, 20];
export const GREEN: Colour = [20, 200, 40];
export const BLUE: Colour = [30, 40, 220];
export const WHITE: Colour = [250, 250, 250];

/** An image whose pixel at each place is what `colour` says; alpha where it gives a fourth number. */
export function drawn(
  width: number,
  height: number,
  colour: (row: number, column: number) => readonly number[],
): Sharp {
  const levels = Array.from({ length: width * height }, (_, i) => colour(Math.floor(i / width), i % width));
  const channels = levels[0].length as 1 | 2 | 3 | 4;
  return sharp(Uint8Array.from(levels.flat()), { raw: { width, height, channels } });
}

/** Noise, so that its compressed data is long. */
export function noisy(width: number, height: number): Sharp {
  const random = Random.keyed('noisy', width, height);
  return drawn(width, height, () => [random.below(256), random.below(256), random.below(256)]);
}

/** Four colors: red and green above, blue and white below. */
export function quadrants(row: number, column: number, width: number, height: number): Colour {
  const left = column < width / 2;
  if (row < height / 2) return left ? RED : GREEN;
  return left ? BLUE : WHITE;
}
