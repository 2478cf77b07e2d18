/** IEEE 754 half precision: 1 sign bit, 5 exponent bits, 10 fraction bits (IEEE 754-2019, binary16). */

const EXPONENT = 0x7c00;
const QUIET_NAN = 0x7e00;

/**
 * Rounds to half precision, to nearest and on a tie to the even neighbor. Magnitudes from 65,520 on become infinite.
 * Returns false if a number that was finite came out infinite or NaN went in: such numbers are of no use to anyone.
 */
export function encodeFloat16(values: Float32Array, into: Uint16Array): boolean {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let finite = true;
  for (let i = 0; i < bits.length; i++) {
    const half = roundToHalf(bits[i]);
    if ((half & EXPONENT) === EXPONENT) finite = false;
    into[i] = half;
  }
  return finite;
}

/** Widens half precision, which is exact. */
export function decodeFloat16(halves: Uint16Array, into: Float32Array): void {
  const widened = wideningTable();
  for (let i = 0; i < halves.length; i++) into[i] = widened[halves[i]];
}

/** The same numbers as singles. */
export function widened(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const singles = new Float32Array(halves.length);
  decodeFloat16(halves, singles);
  return singles;
}

/** The half nearest to a single, both as bit patterns. */
function roundToHalf(single: number): number {
  const sign = (single >>> 16) & 0x8000;
  const magnitude = single & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | QUIET_NAN;
  if (magnitude >= 0x47800000) return sign | EXPONENT; // 65,536 and more
  // Normal halves (2^-14 and more): the exponent's bias goes from 127 to 15. A carry out of the fraction raises the
  // exponent by itself, up to infinity for what rounds past 65,504.
  if (magnitude >= 0x38800000) return sign | shiftRounding(magnitude - 0x38000000, 13);
  const exponent = magnitude >>> 23;
  if (exponent < 102) return sign; // under 2^-25, half of the least subnormal
  // Subnormal halves count units of 2^-24. The single is m * 2^(exponent - 150), so m is shifted by 126 - exponent.
  return sign | shiftRounding((magnitude & 0x7fffff) | 0x800000, 126 - exponent);
}

/** Shifts right, rounding to nearest, ties to even. */
function shiftRounding(value: number, shift: number): number {
  const kept = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return rest > middle || (rest === middle && (kept & 1) === 1) ? kept + 1 : kept;
}

let table: Float32Array | undefined;

/** All 65,536 halves as singles: 256 KiB, and several times faster than taking each apart. */
function wideningTable(): Float32Array {
  if (table !== undefined) return table;
  table = new Float32Array(0x10000);
  for (let half = 0; half < table.length; half++) {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half & EXPONENT) >>> 10;
    const fraction = half & 0x3ff;
    if (exponent === 31) table[half] = fraction === 0 ? sign * Infinity : NaN;
    else if (exponent === 0) table[half] = sign * fraction * 2 ** -24;
    else table[half] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return table;
}
