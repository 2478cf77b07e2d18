/** A model as Teachable Machine exports it: a Sequential of a Sequential around the base and of a Sequential of dense layers. */
import type { io, Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';

export interface MadeModel {
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** What TF.js's own base gives for images of 32 x 32. */
  base(pixels: Float32Array, count: number): Promise<Float32Array>;
}

/** TF.js's backend must be set. */
export async function teachableMachineModel(): Promise<MadeModel> {
  const pixels = layers.input({ shape: [32, 32, 3], name: 'input_1' });
  const made = {
    kernelInitializer: layers.initializers.randomNormal({ seed: 1, stddev: 0.5 }),
    padding: 'same',
  } as const;
  let x = layers.layers
    .conv2d({ name: 'Conv1', filters: 4, kernelSize: 3, strides: 2, useBias: false, ...made })
    .apply(pixels) as layers.SymbolicTensor;
  x = layers.layers.batchNormalization({ name: 'bn_Conv1' }).apply(x) as layers.SymbolicTensor;
  x = layers.layers.reLU({ name: 'Conv1_relu', maxValue: 6 }).apply(x) as layers.SymbolicTensor;
  x = layers.layers.conv2d({ name: 'Conv_2', filters: 6, kernelSize: 1, ...made }).apply(x) as layers.SymbolicTensor;
  const base = layers.model({ name: 'model1', inputs: pixels, outputs: x });
  const features = layers.sequential({ name: 'sequential_1' });
  features.add(base);
  features.add(layers.layers.globalAveragePooling2d({ name: 'pool' }));
  const head = layers.sequential({ name: 'sequential_3' });
  head.add(layers.layers.dense({ name: 'dense_Dense1', units: 5, activation: 'relu', inputShape: [6] }));
  head.add(layers.layers.dense({ name: 'dense_Dense2', units: 2, activation: 'softmax', useBias: false }));
  const whole = layers.sequential({ name: 'sequential_4' });
  whole.add(features);
  whole.add(head);

  let saved: io.ModelArtifacts | undefined;
  await whole.save({
    save: (artifacts) => (
      (saved = artifacts),
      Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } })
    ),
  });
  const { modelTopology, weightSpecs, weightData } = saved!;
  const model = { modelTopology, weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }] };
  const metadata = {
    tfjsVersion: '1.3.1',
    tmVersion: '2.4.5',
    packageName: '@teachablemachine/image',
    labels: ['a', 'b'],
    imageSize: 224,
  };
  return {
    files: new Map<string, string | Uint8Array>([
      ['model.json', JSON.stringify(model)],
      ['metadata.json', JSON.stringify(metadata)],
      ['weights.bin', new Uint8Array(weightData as ArrayBuffer)],
    ]),
    async base(values, count) {
      const output = tf.tidy(() => base.predict(tf.tensor(values, [count, 32, 32, 3])) as Tensor);
      return Float32Array.from(await output.data());
    },
  };
}
