/** Images for tests, drawn in memory. */
import sharp, { type Sharp } from 'sharp';
import { Random } from '../../src/core/random.js';

export type Color = readonly [number, number, number];
export const RED: Color = [230, 20, 20];
export const GREEN: Color = [20, 200, 40];
export const BLUE: Color = [30, 40, 220];
export const WHITE: Color = [250, 250, 250];

/** An image whose pixel at each place is what `color` returns; a fourth number is alpha. */
export function drawn(width: number, height: number, color: (row: number, column: number) => readonly number[]): Sharp {
  const levels = Array.from({ length: width * height }, (_, i) => color(Math.floor(i / width), i % width));
  const channels = levels[0].length as 1 | 2 | 3 | 4;
  return sharp(Uint8Array.from(levels.flat()), { raw: { width, height, channels } });
}

/** Noise, so that its compressed data is long. */
export function noisy(width: number, height: number): Sharp {
  const random = Random.keyed('noisy', width, height);
  return drawn(width, height, () => [random.below(256), random.below(256), random.below(256)]);
}

/** Four colors: red and green above, blue and white below. */
export function quadrants(row: number, column: number, width: number, height: number): Color {
  const left = column < width / 2;
  if (row < height / 2) return left ? RED : GREEN;
  return left ? BLUE : WHITE;
}
