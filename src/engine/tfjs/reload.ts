/** Reads an exported layers-model back with TF.js's own loader: a check that shares no code with the writer. */
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { onBackend, startBackend } from './backend.js';
import type { TfjsBackend } from './identity.js';

export interface Reloaded {
  /** What the model predicts for the inputs, row by row. */
  readonly predictions: Float32Array;
  /** The values of its weights by their written names, such as `layer/kernel`. */
  readonly weights: ReadonlyMap<string, Float32Array>;
}

interface WrittenModel {
  readonly modelTopology: Record<string, unknown>;
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: tf.io.WeightsManifestEntry[];
  }[];
}

/** Loads the files of a layers-model and predicts `count` inputs of [height, width, channels]. */
export async function reloadLayersModel(
  files: ReadonlyMap<string, Uint8Array>,
  inputs: Float32Array,
  count: number,
  shape: readonly [number, number, number],
  backend: TfjsBackend,
): Promise<Reloaded> {
  await startBackend(backend);
  const { modelTopology, weightsManifest } = JSON.parse(
    Buffer.from(files.get('model.json')!).toString('utf8'),
  ) as WrittenModel;
  const shards = weightsManifest.flatMap(({ paths }) => paths.map((path) => files.get(path)!));
  const weightData = new Uint8Array(Buffer.concat(shards)).buffer;
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  onBackend(backend, () => undefined);
  const model = await loadLayersModel({ load: () => Promise.resolve({ modelTopology, weightSpecs, weightData }) });
  try {
    const output = onBackend(backend, () => model.predict(tf.tensor4d(inputs, [count, ...shape])) as tf.Tensor);
    const predictions = (await output.data()) as Float32Array;
    output.dispose();
    const weights = new Map<string, Float32Array>();
    for (const weight of model.weights) weights.set(weight.originalName, (await weight.read().data()) as Float32Array);
    return { predictions, weights };
  } finally {
    model.dispose();
  }
}
