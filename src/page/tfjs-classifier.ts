/** A layers-model, run by TF.js on WebAssembly: always in float32, whereas WebGL may use float16. */
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { correctWasmKernels } from '../engine/tfjs/wasm-kernels.js';
import { predictionOf } from '../model/prediction.js';
import { preprocess } from '../model/preprocessing.js';
import type { LoadClassifier } from './classifier.js';
import { fetchModelFile } from './facts.js';

/** `binaries` is where TF.js finds its WebAssembly, `model` the model.json. */
export const tfjsClassifier =
  (binaries: string, model: string): LoadClassifier =>
  async (given, { onRuntime }) => {
    setWasmPaths(binaries);
    correctWasmKernels();
    // On an isolated page TF.js would ask for a binary with threads.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    // Production mode also skips the self-checks of kernels.
    tf.enableProdMode();
    const [facts] = await Promise.all([given, tf.setBackend('wasm')]);
    // TF.js looks for the weights beside the model only if its URL is absolute, else at the root of the server.
    const url = new URL(model, document.baseURI).href;
    const layers = await loadLayersModel(tf.io.http(url, { fetchFunc: fetchModelFile }));
    const { image, preprocessing } = facts;
    const [height, width] = image.size;
    onRuntime({ runtime: 'TF.js (WebAssembly)' });
    return {
      async predict(pixels) {
        const input = new Float32Array(pixels.length);
        preprocess(pixels, input, preprocessing);
        const output = tf.tidy(() => layers.predict(tf.tensor4d(input, [1, height, width, 3])) as tf.Tensor);
        const outputs = await output.data<'float32'>();
        output.dispose();
        return predictionOf(outputs, 0, outputs.length, facts);
      },
    };
  };
