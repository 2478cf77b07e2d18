/** Inference over a frozen network, batch by batch. */
import { type Graph, outputOf, runsAlone, type Shape, shapesOf } from '../../model/graph.js';
import { IMAGES_TOGETHER } from '../../model/onnx/together.js';
import { sizeOf, type Weights } from '../../model/tensor.js';
import { IMAGES_ON_DEVICE, type Runner } from '../engine.js';
import { INPUT, inferenceModel, OUTPUT } from './inference-model.js';
import { Tensor } from './runtime.js';
import type { SessionDevice } from './device-session.js';
import { openSession } from './session.js';
import { hasWinograd, IMAGES_IN_TILES } from './winograd-rule.js';

/** Where images are small, larger batches gain no speed. */
const LARGEST_BATCH = 32;

/**
 * Numbers in the largest tensor of a batch, 8 MB, so that tensors stay in the processor's cache from layer to layer
 * (MobileNetV2 at 224 px: 2.4 ms of processor time an image in batches of 2, 3.1 ms in batches of 32). It also keeps
 * memory flat and a run short: JavaScript is blocked during a run, because onnxruntime-node computes on the calling
 * thread.
 */
const LARGEST_TENSOR = 2 ** 21;

/** The same for the few images that Winograd's algorithm wants together, 64 MB. */
const LARGEST_IN_TILES = 2 ** 24;

/** The same on a device, 64 MB: half of what WebGPU binds at once unless more is asked for. */
const LARGEST_ON_DEVICE = 2 ** 24;

/** Compiles a network and opens it. Throws if a weight or the size of the images is missing. */
export async function openRunner(
  graph: Graph,
  weights: Weights,
  threads: number,
  device?: SessionDevice,
): Promise<Runner> {
  const model = inferenceModel(graph, weights, device === undefined);
  const shapes = shapesOf(graph);
  const inputShape = shapes.get(graph.layers[0].name)!;
  const outputShape = shapes.get(outputOf(graph).name)!;
  const [inputSize, outputSize] = [sizeOf(inputShape), sizeOf(outputShape)];
  const sizes = batchSizesFor(graph, shapes, device !== undefined);
  const session = await openSession(model, threads, 'all', device);
  return {
    async run(inputs, count) {
      const outputs = new Float32Array(count * outputSize);
      for (let from = 0, to = 0; from < count; from = to) {
        to = from + sizes(count - from);
        const batch = new Tensor('float32', inputs.subarray(from * inputSize, to * inputSize), [
          to - from,
          ...inputShape,
        ]);
        const place = outputs.subarray(from * outputSize, to * outputSize);
        await session.run({ [INPUT]: batch }, { [OUTPUT]: new Tensor('float32', place, [to - from, ...outputShape]) });
      }
      return outputs;
    },
    dispose() {
      void session.release();
    },
  };
}

/** How many of the images that are left run next. */
type BatchSizes = (left: number) => number;

function batchSizesFor(graph: Graph, shapes: ReadonlyMap<string, Shape>, onDevice: boolean): BatchSizes {
  if (runsAlone(graph)) return () => 1;
  // Only in sizes that give each image the same bits; a device is checked for them.
  const largest = Math.max(...[...shapes.values()].map(sizeOf));
  const fitting = (numbers: number, most: number) => Math.min(Math.max(Math.floor(numbers / largest), 1), most);
  if (onDevice) {
    const size = fitting(LARGEST_ON_DEVICE, IMAGES_ON_DEVICE);
    return (left) => (left < size ? 1 : size);
  }
  if (graph.layers.some(({ kind }) => kind === 'onnx')) return (left) => (left < IMAGES_TOGETHER ? 1 : IMAGES_TOGETHER);
  const together = hasWinograd(graph) ? fitting(LARGEST_IN_TILES, IMAGES_IN_TILES) : 1;
  const size = Math.max(fitting(LARGEST_TENSOR, LARGEST_BATCH), together);
  return (left) => Math.min(left, size);
}
