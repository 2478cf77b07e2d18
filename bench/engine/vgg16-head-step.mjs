/** One training step of the VGG16 head (25,088-256-1, batch 32, Adam, dropout): onnx against TF.js on wasm. */
import { Random } from '../../dist/core/random.js';
import { createOnnxEngine } from '../../dist/engine/onnx/index.js';
import { createTfjsEngine } from '../../dist/engine/tfjs/index.js';
import { sideBySide } from './side-by-side.mjs';

const [FEATURES, UNITS, BATCH] = [25_088, 256, 32];
const common = { trainable: true, useBias: true };
const graph = {
  name: 'vgg16-head',
  layers: [
    { kind: 'input', name: 'features', inputs: [], trainable: false, shape: [FEATURES] },
    { ...common, kind: 'dense', name: 'hidden', inputs: ['features'], units: UNITS, activation: 'relu' },
    { kind: 'dropout', name: 'drop', inputs: ['hidden'], trainable: true, rate: 0.5 },
    { ...common, kind: 'dense', name: 'classes', inputs: ['drop'], units: 1, activation: 'sigmoid' },
  ],
};

const random = Random.keyed(1, 'bench');
const noise = (length, scale) => Float32Array.from({ length }, () => random.uniform(-scale, scale));
const weights = new Map([
  ['hidden/kernel', { shape: [FEATURES, UNITS], data: noise(FEATURES * UNITS, 0.015) }],
  ['hidden/bias', { shape: [UNITS], data: noise(UNITS, 0) }],
  ['classes/kernel', { shape: [UNITS, 1], data: noise(UNITS, 0.15) }],
  ['classes/bias', { shape: [1], data: noise(1, 0) }],
]);
const program = {
  graph,
  weights,
  loss: 'binary_crossentropy',
  optimizer: { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  batchSize: BATCH,
  batchNorm: 'stored',
};
const batch = {
  count: BATCH,
  features: noise(BATCH * FEATURES, 1).map((x) => Math.max(x, 0)),
  targets: Float32Array.from({ length: BATCH }, (_, i) => i % 2),
  sampleWeights: new Float32Array(BATCH).fill(1),
  masks: new Map([['drop', Float32Array.from({ length: BATCH * UNITS }, () => 2 * random.below(2))]]),
  learningRate: 1e-4,
};

const onnx = await (await createOnnxEngine()).train(program);
const tfjs = await (await createTfjsEngine({ backend: 'wasm' })).train(program);
await sideBySide(
  'one training step of the VGG16 head',
  8,
  [
    { name: 'onnx', run: () => onnx.step(batch), repeats: 3 },
    { name: 'tfjs wasm', run: () => tfjs.step(batch) },
  ],
  15,
);
onnx.dispose();
tfjs.dispose();
