/**
 * The range of each tensor over the calibration images, and the 8-bit steps that follow from it. Counts are integers
 * and bins are fixed, so neither the order of the images nor the number of threads matters.
 */

/**
 * A bin is the sign, the exponent and the first 6 bits of the fraction of a float32, so it is 1.6% wide at most. Ranges
 * end at the edges of bins: processors whose sums differ in their last bits still get the same steps.
 */
const DROPPED_BITS = 17;
const BINS = 2 ** (32 - DROPPED_BITS);
const SIGN = BINS / 2;
/** From here on, a float32 is infinite or NaN. */
const NOT_FINITE = 0xff << (23 - DROPPED_BITS);

const LEVELS = 255;

/** A number is (level - zero point) * scale, for levels of 0 to 255. */
export interface Steps {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** What a value is for the calibration images. */
export interface Calibrated extends Steps {
  /** Of each channel of what a convolution reads. */
  readonly means?: Float64Array;
}

/** How often numbers of each size occur in a tensor. */
export class Histogram {
  private readonly counts = new Float64Array(BINS);

  add(values: Float32Array): void {
    const { counts } = this;
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let i = 0; i < bits.length; i++) counts[bits[i] >>> DROPPED_BITS]++;
  }

  get isFinite(): boolean {
    return [0, SIGN].every((from) =>
      this.counts.subarray(from + NOT_FINITE, from + SIGN).every((count) => count === 0),
    );
  }

  /** The steps with the smallest mean square error, for numbers that are never above `most`. */
  steps(most = Infinity): Steps {
    const above = sideOf(this.counts.subarray(0, SIGN));
    const below = sideOf(this.counts.subarray(SIGN));
    const numbers = above.numbers + below.numbers;
    let best = { error: Infinity, high: 0, low: 0 };
    for (const high of above.ends) {
      for (const low of below.ends) {
        const step = (Math.min(high.edge, most) + low.edge) / LEVELS;
        const error = high.cut + low.cut + (numbers * step * step) / 12;
        if (error < best.error) best = { error, high: high.edge, low: low.edge };
      }
    }
    return stepsOf(best.low, Math.min(best.high, most));
  }
}

/** Numbers are between -low and high; zero is a level, because convolutions pad with it. */
function stepsOf(low: number, high: number): Steps {
  // Rounded down: a limit such as 6 of ReLU6 must not be exceeded, or onnxruntime keeps it as an operator.
  const scale = roundedDown((high + low) / LEVELS);
  if (!(scale > 0)) return { scale: 1, zeroPoint: 0 };
  return { scale, zeroPoint: Math.min(LEVELS, Math.round(low / scale)) };
}

function roundedDown(value: number): number {
  const rounded = Math.fround(value);
  if (rounded <= value) return rounded;
  const bits = new Uint32Array(Float32Array.of(rounded).buffer);
  bits[0]--;
  return new Float32Array(bits.buffer)[0];
}

/** A place where the range may end, and the sum of squares that numbers beyond it lose. */
interface End {
  readonly edge: number;
  readonly cut: number;
}

/** Ranges end at most this factor below the largest number. */
const SMALLEST_PART = 2 ** -4;

/** The ends to choose from on one side of zero, the widest first. */
function sideOf(counts: Float64Array): { readonly numbers: number; readonly ends: readonly End[] } {
  let [numbers, largest] = [0, 0];
  // Zero itself is exact whatever the steps are.
  for (let bin = 1; bin < NOT_FINITE; bin++) {
    if (counts[bin] === 0) continue;
    numbers += counts[bin];
    largest = bin;
  }
  if (numbers === 0) return { numbers, ends: [{ edge: 0, cut: 0 }] };
  const ends: End[] = [];
  const least = edgeOf(largest) * SMALLEST_PART;
  let [beyond, sum, squares] = [0, 0, 0];
  for (let bin = largest; bin >= 0 && edgeOf(bin) >= least; bin--) {
    const edge = edgeOf(bin);
    ends.push({ edge, cut: Math.max(0, squares - 2 * edge * sum + edge * edge * beyond) });
    const middle = (edge + edgeOf(bin - 1)) / 2;
    beyond += counts[bin];
    sum += counts[bin] * middle;
    squares += counts[bin] * middle * middle;
  }
  return { numbers, ends };
}

/** The upper end of a bin above zero. */
function edgeOf(bin: number): number {
  return new Float32Array(Uint32Array.of((bin + 1) << DROPPED_BITS).buffer)[0];
}
