/** Runs an exported `.onnx` file, as any program would: using only what the file says about itself. */
import { availableParallelism } from 'node:os';
import { failure } from '../../core/problem.js';
import { readRegular } from '../../core/regular-file.js';
import type { Runner } from '../engine.js';
import type { OnnxBundle } from './onnx-bundle.js';
import { Tensor } from './runtime.js';
import { openFile } from './session.js';

/**
 * Takes images as RGB levels from 0 to 255 and gives one score per class. Rejects with `bad-data` for a file that
 * onnxruntime refuses.
 */
export async function openModelFile({ path, digest, image, input, output }: OnnxBundle): Promise<Runner> {
  const bytes = await readRegular(path, { digest });
  const session = await openFile(bytes, availableParallelism()).catch((error: unknown) => {
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
  return {
    async run(levels, count) {
      const pixels = new Tensor(
        'uint8',
        Uint8Array.from(levels.subarray(0, count * image.size[0] * image.size[1] * 3)),
        [count, ...image.size, 3],
      );
      const { [output.name]: scores } = await session.run({ [input.name]: pixels });
      return Float32Array.from(scores.data as Float32Array);
    },
    dispose: () => void session.release(),
  };
}
