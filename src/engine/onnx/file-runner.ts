/** Runs an exported `.onnx` file, as any program would: using only what the file says about itself. */
import { availableParallelism } from 'node:os';
import { deviceText, type DeviceUse } from '../../core/engine-choice.js';
import { failure, PipelineError } from '../../core/problem.js';
import { Random } from '../../core/random.js';
import { readRegular } from '../../core/regular-file.js';
import { fileRoundsCoarsely } from '../../model/onnx/coarse-rounding.js';
import { IMAGES_ON_DEVICE, type NoteOnce, type Runner } from '../engine.js';
import { checkDevice, DEVICE_TOLERANCE, IMAGES_COMPARED } from '../second-opinion-device.js';
import { sessionDeviceOf, type SessionDevice } from './device-session.js';
import type { OnnxBundle } from './onnx-bundle.js';
import { Tensor } from './runtime.js';
import { imagesAtOnce, openFile, openLiterally, type Optimization } from './session.js';

/** The largest difference of a score, as for the files that export writes. */
const TOLERANCE = 1e-4;

/** The same for a file that computes in float16 or quantizes. */
const COARSE_TOLERANCE = 2e-2;

/** Takes images as RGB levels from 0 to 255 and gives one score a class. Rejects with `bad-data` for a file that onnxruntime refuses. */
export function openModelFile(bundle: OnnxBundle): Promise<Runner> {
  return openSessionOf(bundle, 'all');
}

/** The same on a device, compared with the processor first. */
export async function openOnDevice(
  bundle: OnnxBundle,
  use: DeviceUse,
  note: NoteOnce = () => undefined,
): Promise<Runner> {
  const runner = await openSessionOf(bundle, 'all', sessionDeviceOf(use, note));
  return checkDevice({ text: deviceText(use.backend), note }, runner, {
    where: bundle.path,
    reference: () => openSessionOf(bundle, 'all'),
    images: levelsOf(bundle, IMAGES_COMPARED),
    tolerance: await toleranceOnDevice(bundle),
  });
}

/** The largest difference of a score on a device from the one on the processor. */
export async function toleranceOnDevice(bundle: OnnxBundle): Promise<number> {
  return (await roundsCoarsely(bundle)) ? COARSE_TOLERANCE : DEVICE_TOLERANCE;
}

async function roundsCoarsely({ path, digest }: OnnxBundle): Promise<boolean> {
  return fileRoundsCoarsely(await readRegular(path, { digest }));
}

function levelsOf({ image: { size } }: OnnxBundle, count: number): Float32Array {
  const random = Random.keyed('second-opinion', 'levels');
  return Float32Array.from({ length: count * size[0] * size[1] * 3 }, () => random.below(256));
}

/**
 * Compares an opened file, on an image of noise, with the same file without graph optimization. Rejects with `stage-failed`
 * if the scores differ, and disposes of the runner.
 */
export async function verifyModelFile(bundle: OnnxBundle, runner: Runner): Promise<void> {
  const levels = levelsOf(bundle, 1);
  const literal = await openLiterally((optimization) => openSessionOf(bundle, optimization));
  const [found, expected] = [await runner.run(levels, 1), await literal.run(levels, 1)];
  literal.dispose();
  const worst = expected.reduce((most, score, i) => Math.max(most, Math.abs(score - found[i])), 0);
  // NaN in both is found in the scores of images.
  if (!(worst > TOLERANCE)) return;
  const tolerance = (await roundsCoarsely(bundle)) ? COARSE_TOLERANCE : TOLERANCE;
  if (worst <= tolerance) return;
  runner.dispose();
  throw failure('stage-failed', {
    code: 'second-opinion-differs',
    where: bundle.path,
    found: `onnxruntime computes wrong scores: on an image of noise they differ by ${worst.toPrecision(2)} from those without graph optimization`,
    expected: `a difference of at most ${tolerance}`,
    remedy: 'use another version of onnxruntime-node, or predict with the layers-model of the export (its model.json)',
  });
}

async function openSessionOf(
  { path, digest, image, input, output }: OnnxBundle,
  optimization: Optimization,
  device?: SessionDevice,
): Promise<Runner> {
  const bytes = await readRegular(path, { digest });
  const session = await openFile(bytes, availableParallelism(), optimization, device).catch((error: unknown) => {
    if (error instanceof PipelineError) throw error;
    const found = `onnxruntime cannot load it: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`;
    throw failure(
      'bad-data',
      {
        code: 'bad-bundle',
        where: path,
        found,
        expected: 'a file that an export stage wrote',
        remedy: 'export the model again',
      },
      error,
    );
  });
  const numbers = image.size[0] * image.size[1] * 3;
  const runBatch = async (levels: Float32Array, count: number): Promise<Float32Array> => {
    const pixels = new Tensor('uint8', Uint8Array.from(levels.subarray(0, count * numbers)), [count, ...image.size, 3]);
    const { [output.name]: scores } = await session.run({ [input.name]: pixels });
    return Float32Array.from(scores.data as Float32Array);
  };
  const most = imagesAtOnce(session);
  // A device is checked for this many images and for one.
  const sizeFor = (left: number): number =>
    device === undefined || left >= IMAGES_ON_DEVICE ? Math.min(most, left, device ? IMAGES_ON_DEVICE : left) : 1;
  return {
    async run(levels, count) {
      if (sizeFor(count) === count) return runBatch(levels, count);
      const rows: number[] = [];
      for (let row = 0, size = 0; row < count; row += size) {
        size = sizeFor(count - row);
        rows.push(...(await runBatch(levels.subarray(row * numbers), size)));
      }
      return Float32Array.from(rows);
    },
    dispose: () => void session.release(),
  };
}
