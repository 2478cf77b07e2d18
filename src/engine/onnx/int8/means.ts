/** The mean of each channel of what a layer reads, over the calibration images. */

/** Means of images are rounded to this: then sums are exact, and the order of the images does not matter. */
const UNIT = 2 ** -20;

export class ChannelMeans {
  private sums: Float64Array | undefined;
  private images = 0;

  /** The values of one image, with as many after each channel as there are in its inner dimensions. */
  add(values: Float32Array, channels: number, inner: number): void {
    const own = new Float64Array(channels);
    for (let from = 0, channel = 0; from < values.length; from += inner, channel = (channel + 1) % channels)
      for (let i = from; i < from + inner; i++) own[channel] += values[i];
    this.sums ??= new Float64Array(channels);
    for (let channel = 0; channel < channels; channel++)
      this.sums[channel] += Math.round((own[channel] * channels) / values.length / UNIT);
    this.images++;
  }

  get means(): Float64Array | undefined {
    return this.sums?.map((sum) => (sum * UNIT) / this.images);
  }
}
