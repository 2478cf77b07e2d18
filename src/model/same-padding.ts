/** TensorFlow's SAME padding along an axis: an odd one goes to the end. `rest`: pixels are left over after the last window. */
export function samePadding(
  extent: number,
  size: number,
  stride: number,
): { before: number; after: number; rest: boolean } {
  const covered = (Math.ceil(extent / stride) - 1) * stride + size;
  const total = Math.max(covered - extent, 0);
  const before = Math.floor(total / 2);
  return { before, after: total - before, rest: covered < extent };
}
