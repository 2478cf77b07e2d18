/** Numbers of a tensor as bytes, of the same memory. */
export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Whether two hold the same bits: NaN counts as equal to itself, and zeros of both signs differ. */
export function sameBits(one: Float32Array, other: Float32Array): boolean {
  return one === other || bytesOf(one).equals(bytesOf(other));
}
