/**
 * Compares a network on a device with the same network on the processor before it is used: drivers of graphics cards
 * compute some operators wrong, and plausibly so. Also whether an image's result depends on the images beside it, and
 * whether a second run gives the same bits, which no interface for such devices promises.
 */
import { failure, type PipelineError } from '../core/problem.js';
import { IMAGES_ON_DEVICE, type ComparedDevice, type Runner } from './engine.js';

/** The largest difference, as a share of the largest magnitude. Rounding in another order gives 1e-5, float16 gives 1e-2. */
export const DEVICE_TOLERANCE = 1e-3;

/** Images of noise that differ. Each is in a batch more than once, in other places. */
export const IMAGES_COMPARED = 4;

type NotedDevice = Pick<ComparedDevice, 'text' | 'note'>;

interface Compared {
  /** The network, for messages. */
  readonly where: string;
  /** The same network on the processor. */
  readonly reference: () => Promise<Runner>;
  /** {@link IMAGES_COMPARED} images of noise. */
  readonly images: Float32Array;
  /** A share of the largest magnitude. */
  readonly tolerance: number;
}

/**
 * The runner to use from now on, which is the one that is given unless what it computes depends on neighbors. Throws
 * `stage-failed` if the device computes wrong numbers.
 */
export async function checkDevice(
  device: NotedDevice,
  runner: Runner,
  { where, reference, images, tolerance }: Compared,
): Promise<Runner> {
  const size = images.length / IMAGES_COMPARED;
  const onCpu = await reference();
  const expected = await onCpu.run(images, IMAGES_COMPARED);
  onCpu.dispose();
  const alone = await runAlone(runner, images, size);
  // Infinite and NaN values are looked for elsewhere, and have other causes.
  const share = differenceOf(alone, expected);
  if (share > tolerance) throw wrong(device.text, where, share, tolerance);
  const again = await runner.run(images.subarray(0, size), 1);
  if (!again.every((value, i) => Object.is(value, alone[i]))) noteNotRepeatable(device);
  const batch = Float32Array.from({ length: IMAGES_ON_DEVICE * size }, (_, i) => images[i % images.length]);
  const together = await runner.run(batch, IMAGES_ON_DEVICE);
  if (Array.from(together).every((value, i) => Object.is(value, alone[i % alone.length]))) return runner;
  device.note(
    'device-depends-on-neighbors',
    `${device.text} computes an image differently beside others: images run one by one, which takes longer`,
  );
  return oneByOne(runner, size);
}

/** A runner in which no image has neighbors. */
function oneByOne(runner: Runner, size: number): Runner {
  return {
    run: (inputs, count) => runAlone(runner, inputs.subarray(0, count * size), size),
    dispose: () => runner.dispose(),
  };
}

async function runAlone(runner: Runner, inputs: Float32Array, size: number): Promise<Float32Array> {
  const rows: Float32Array[] = [];
  for (let from = 0; from < inputs.length; from += size)
    rows.push(await runner.run(inputs.subarray(from, from + size), 1));
  const outputs = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
  let to = 0;
  for (const row of rows) {
    outputs.set(row, to);
    to += row.length;
  }
  return outputs;
}

function differenceOf(found: Float32Array, expected: Float32Array): number {
  let [worst, largest] = [0, 1e-30];
  for (let i = 0; i < expected.length; i++) {
    if (!Number.isFinite(expected[i])) continue;
    if (!Number.isFinite(found[i])) return Infinity;
    worst = Math.max(worst, Math.abs(found[i] - expected[i]));
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return worst / largest;
}

/** Features are kept by image all the same: their differences are within the tolerance. */
export function noteNotRepeatable({ text, note }: NotedDevice): void {
  note(
    'device-not-repeatable',
    `${text} gives other last digits each time: results of this run cannot be repeated bit by bit`,
  );
}

function wrong(text: string, where: string, share: number, tolerance: number): PipelineError {
  return failure('stage-failed', {
    code: 'device-differs',
    where,
    found: `${text} computes wrong numbers: on images of noise they differ from the processor's by ${Number.isFinite(share) ? `${(100 * share).toPrecision(2)}% of the largest value` : 'infinite values'}`,
    expected: `a difference of at most ${100 * tolerance}%`,
    remedy: 'use `--device cpu`, or update the driver of the device',
  });
}
