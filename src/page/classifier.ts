/** The exported model, run in the browser by TF.js on WebAssembly: always in float32, whereas WebGL may use float16. */
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import type { Prediction } from '../core/prediction.js';
import { correctWasmKernels } from '../engine/tfjs/wasm-kernels.js';
import type { ImageSpec } from '../image/dataset.js';
import type { Preprocessing } from '../model/preprocessing.js';
import { predictionOf } from '../model/prediction.js';

/** The response of /api/model. */
export interface ModelFacts {
  /** Names the model; answers of the server about it have the same in their header `X-Model`. */
  readonly id: string;
  readonly name: string;
  readonly classes: readonly string[];
  readonly image: ImageSpec;
  readonly preprocessing: Preprocessing;
}

export interface Classifier {
  readonly facts: ModelFacts;
  predict(input: Float32Array): Promise<Prediction>;
}

export async function loadClassifier(): Promise<Classifier> {
  setWasmPaths('/');
  correctWasmKernels();
  // Production mode also skips the self-checks of kernels.
  tf.enableProdMode();
  const [facts] = await Promise.all([fetchFacts(), tf.setBackend('wasm')]);
  const model = await loadLayersModel(tf.io.http('/model/model.json', { fetchFunc: fetchFile }));
  const [height, width] = facts.image.size;
  return {
    facts,
    async predict(input) {
      const output = tf.tidy(() => model.predict(tf.tensor4d(input, [1, height, width, 3])) as tf.Tensor);
      const outputs = await output.data<'float32'>();
      output.dispose();
      return predictionOf(outputs, 0, outputs.length, facts.classes);
    },
  };
}

/** A file of the model. The server's own reason is shown if it has a different model now. */
async function fetchFile(...[path, init]: Parameters<typeof fetch>): Promise<Response> {
  const answer = await fetch(path, init);
  if (answer.status !== 409) return answer;
  throw new Error(((await answer.json()) as { readonly error: string }).error);
}

async function fetchFacts(): Promise<ModelFacts> {
  const answer = await fetch('/api/model');
  if (!answer.ok) throw new Error(`the server responded with ${answer.status}`);
  return (await answer.json()) as ModelFacts;
}
