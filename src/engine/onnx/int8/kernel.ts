/** Weights as 8-bit integers, with a scale for each output channel. */
import { sizeOf, type Tensor } from '../../../model/tensor.js';

export interface Int8Kernel {
  readonly levels: Int8Array;
  /** Of each channel along the axis. */
  readonly scales: Float32Array;
}

export interface KernelOptions {
  /** Of the output channels. */
  readonly axis: number;
  /** The largest level. */
  readonly most: number;
  /** For each channel, a scale that its own must not be below. */
  readonly least?: Float64Array;
}

/** Rounds to nearest. A channel of zeros gets the scale of the widest one. */
export function int8Kernel({ shape, data }: Tensor, { axis, most, least }: KernelOptions): Int8Kernel {
  const channels = shape[axis];
  const inner = sizeOf(shape.slice(axis + 1));
  const largest = new Float64Array(channels);
  const channelOf = (index: number): number => Math.floor(index / inner) % channels;
  for (let i = 0; i < data.length; i++) {
    const channel = channelOf(i);
    largest[channel] = Math.max(largest[channel], Math.abs(data[i]));
  }
  const widest = largest.reduce((a, b) => Math.max(a, b), 0) || 1;
  const scales = Float32Array.from(largest, (value, channel) =>
    Math.max((value === 0 ? widest : value) / most, least?.[channel] ?? 0),
  );
  const levels = new Int8Array(data.length);
  for (let i = 0; i < data.length; i++)
    levels[i] = Math.max(-most, Math.min(most, Math.round(data[i] / scales[channelOf(i)])));
  return { levels, scales };
}

/**
 * The bias of a convolution, less what rounding its kernel adds to each output on average. `means` are those of its
 * input channels.
 */
export function correctedBias(
  { shape, data }: Tensor,
  { levels, scales }: Int8Kernel,
  means: Float64Array,
  bias: Float32Array | undefined,
): Float32Array {
  const [outputs, inputs] = shape;
  const inner = sizeOf(shape.slice(2));
  const perGroup = (outputs * inputs) / means.length;
  return Float32Array.from(scales, (scale, output) => {
    const first = Math.floor(output / perGroup) * inputs;
    let added = 0;
    for (let i = 0; i < inputs * inner; i++) {
      const at = output * inputs * inner + i;
      added += (levels[at] * scale - data[at]) * means[first + Math.floor(i / inner)];
    }
    return (bias?.[output] ?? 0) - added;
  });
}

/** What a bias may be in the unit of the sums that it is added to, with room for them. */
const MOST_BIAS = 2 ** 30;

/** The smallest scale of each channel with which its bias fits. */
export function leastScales(bias: Float32Array, inputScale: number): Float64Array {
  return Float64Array.from(bias, (value) => Math.abs(value) / MOST_BIAS / inputScale);
}

/** A bias in the unit of the sums that it is added to, and that unit. */
export function int32Bias(
  bias: Float32Array,
  { scales }: Int8Kernel,
  inputScale: number,
): { readonly levels: Int32Array; readonly scales: Float32Array } {
  const units = scales.map((scale) => scale * inputScale);
  return { levels: Int32Array.from(bias, (value, channel) => Math.round(value / units[channel])), scales: units };
}
