/** Sharpness as PIL's `ImageEnhance.Sharpness` defines it, which torchvision's and Keras's random sharpness go back to. */

/**
 * Blends levels of height x width x 3, in place, with their own smooth image: `smooth + factor * (level - smooth)`,
 * kept within 0 to 255. Factor 0 is the smooth image, 1 changes nothing, above 1 sharpens. Smooth is PIL's
 * `ImageFilter.SMOOTH`, [1 1 1; 1 5 1; 1 1 1] / 13, which leaves the outermost pixels as they are. PIL rounds to whole
 * levels on the way; here nothing is rounded.
 */
export function sharpen(levels: Float32Array, width: number, height: number, factor: number): void {
  const row = width * 3;
  const strength = (factor - 1) / 13;
  // Rows are changed in place, so the one above and the own one have to be kept as they were.
  let above = levels.slice(0, row);
  let own = new Float32Array(row);
  for (let y = 1; y < height - 1; y++) {
    const start = y * row;
    own.set(levels.subarray(start, start + row));
    for (let i = 3; i < row - 3; i++) {
      const below = start + row + i;
      const around =
        above[i - 3] +
        above[i] +
        above[i + 3] +
        own[i - 3] +
        own[i + 3] +
        levels[below - 3] +
        levels[below] +
        levels[below + 3];
      // level - smooth is (8 level - around) / 13
      const level = own[i] + strength * (8 * own[i] - around);
      levels[start + i] = Math.min(Math.max(level, 0), 255);
    }
    [above, own] = [own, above];
  }
}
