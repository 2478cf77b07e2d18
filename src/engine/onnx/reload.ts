/**
 * Reads an exported `.onnx` file back with plain onnxruntime and what the file says about itself: it shares no code
 * with the writer.
 */
import { allWeightSpecs, type Graph, type WeightSpec } from '../../model/graph.js';
import { readConstants, readMetadata, type Constant } from './model-reader.js';
import { transpose } from './network.js';
import { imagesAtOnce, openLiterally, type Optimization } from './session.js';
import { InferenceSession, Tensor } from './runtime.js';

export interface Reloaded {
  /** One score per class for each image, row by row. */
  readonly scores: Float32Array;
  /** The same with every operator run as it is written: what a runtime that joins nothing makes of the file. */
  readonly literalScores: Float32Array;
  /** The weights that the file holds by their names, such as `layer/kernel`, with the axes of Keras. */
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/** Loads a file's bytes and scores `count` images of RGB bytes. `graph` says which weights to look for. */
export async function reloadOnnx(file: Uint8Array, pixels: Uint8Array, count: number, graph: Graph): Promise<Reloaded> {
  const { image, input, output } = readMetadata(file, 'model.onnx');
  const open = (optimization: Optimization): Promise<InferenceSession> =>
    InferenceSession.create(file, { logSeverityLevel: 4, graphOptimizationLevel: optimization });
  const score = async (session: InferenceSession): Promise<Float32Array> => {
    try {
      const atOnce = Math.min(count, imagesAtOnce(session));
      const bytes = pixels.length / count;
      const rows: number[] = [];
      for (let row = 0; row < count; row += atOnce) {
        const images = Math.min(atOnce, count - row);
        const part = new Tensor('uint8', pixels.subarray(row * bytes, (row + images) * bytes), [
          images,
          ...image.size,
          3,
        ]);
        rows.push(...((await session.run({ [input.name]: part }))[output.name].data as Float32Array));
      }
      return Float32Array.from(rows);
    } finally {
      await session.release();
    }
  };
  const constants = readConstants(file, 'model.onnx');
  const weights = new Map<string, Float32Array>();
  for (const spec of allWeightSpecs(graph)) {
    const constant = constants.get(spec.name);
    if (constant !== undefined) weights.set(spec.name, inKerasOrder(spec, constant));
  }
  return { scores: await score(await open('all')), literalScores: await score(await openLiterally(open)), weights };
}

/**
 * ONNX has the kernels of convolutions as [out, in, height, width], and depthwise ones as [channel times multiplier, 1,
 * height, width].
 */
function inKerasOrder({ role, shape }: WeightSpec, { dims, data }: Constant): Float32Array {
  // Tensors of an ONNX base have the axes of its file.
  if (shape.length !== 4 || /^\d+$/.test(role)) return data;
  if (role !== 'depthwise_kernel') return transpose({ shape: dims, data }, [2, 3, 1, 0]).data;
  const [height, width, channels, multiplier] = shape;
  return transpose({ shape: [channels, multiplier, height, width], data }, [2, 3, 0, 1]).data;
}
