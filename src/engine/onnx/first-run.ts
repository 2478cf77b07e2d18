/**
 * The first run of an ONNX base, on noise: the shape of what it gives, and whether images run together give what they
 * give alone.
 */
import { Random } from '../../core/random.js';
import { failure, type PipelineError } from '../../core/problem.js';
import type { OnnxLayer, Shape } from '../../model/graph.js';
import { IMAGES_TOGETHER } from '../../model/onnx/together.js';
import { bytesOf } from '../../model/tensor-bytes.js';
import type { Weights } from '../../model/tensor.js';
import { GraphBuilder } from './builder.js';
import { applyNetwork, imageExtents } from './layers/onnx.js';
import type { Model } from './model-file.js';
import { weightsOf } from './network.js';
import { Tensor } from './runtime.js';
import { openSession } from './session.js';

/** What a base gave for images of noise. */
export type Tried = Readonly<{
  /** Without the batch. */
  dims: readonly number[];
  type: OnnxLayer['gives']['type'];
  alone: boolean;
}>;

/** Throws `bad-data` for a network that onnxruntime cannot run on one image of `size`, [height, width]. */
export async function tryOut(
  layer: OnnxLayer,
  weights: Weights,
  size: readonly [number, number],
  where: string,
): Promise<Tried> {
  const shape: Shape = [...size, 3];
  const session = await openSession(rawModel(layer, weights, shape), 1).catch((error: unknown) => {
    throw notRun(where, 'cannot be opened by onnxruntime', error);
  });
  try {
    const count = shape.reduce((product, extent) => product * extent, 1);
    const random = Random.keyed('onnx-base');
    const levels = Float32Array.from({ length: IMAGES_TOGETHER * count }, () => random.below(256));
    const run = async (from: number, images: number): Promise<Tensor> => {
      const pixels = new Tensor('float32', levels.subarray(from * count, (from + images) * count), [images, ...shape]);
      return (await session.run({ input: pixels })).output as Tensor;
    };
    const singles: Tensor[] = [];
    for (let row = 0; row < IMAGES_TOGETHER; row++) {
      singles.push(
        await run(row, 1).catch((error: unknown) => {
          throw notRun(where, `cannot be run on an image of ${size.join('x')}`, error);
        }),
      );
    }
    const [{ dims, type }] = singles;
    if (dims[0] !== 1) throw notRun(where, `gives [${dims.join(', ')}] for one image`);
    if (type !== 'float32' && type !== 'float16') throw notRun(where, `gives numbers of the type ${type}`);
    // A file that is made for one image at a time takes no more.
    const together = await run(0, IMAGES_TOGETHER).catch(() => undefined);
    const isSame = together?.dims[0] === IMAGES_TOGETHER && sameNumbers(singles, together);
    return { dims: dims.slice(1), type, alone: !isSame };
  } finally {
    await session.release();
  }
}

/** Bit by bit: results are kept by image. */
function sameNumbers(singles: readonly Tensor[], together: Tensor): boolean {
  const bytes = ({ data }: Tensor): Buffer => bytesOf(data as Float32Array);
  return Buffer.concat(singles.map(bytes)).equals(bytes(together));
}

/** The network with its output as the file gives it. */
function rawModel(layer: OnnxLayer, weights: Weights, shape: Shape): Model {
  const builder = new GraphBuilder();
  const input = { name: builder.input('input', imageExtents(layer, shape)), shape, order: 'last' } as const;
  const scope = {
    graph: builder,
    weights: weightsOf(builder, layer, { weights, variables: new Set(), training: false }),
  };
  builder.unsizedOutput('output', applyNetwork(scope, layer, input));
  return builder.build('base');
}

function notRun(where: string, found: string, cause?: unknown): PipelineError {
  return failure(
    'bad-data',
    {
      code: 'base-not-run',
      where,
      found: cause === undefined ? found : `${found}: ${reasonOf(cause)}`,
      expected: 'a network that onnxruntime can run on one image of float32, float16 or uint8',
      remedy: 'export it again, with a current exporter and for inference',
    },
    cause,
  );
}

/** What onnxruntime says after the node and all its inputs, which it names first. */
function reasonOf(cause: unknown): string {
  return String(cause)
    .replace(/^[^]*\bError:? /, '')
    .trim()
    .slice(0, 200);
}
