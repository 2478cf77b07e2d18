/** The convolutional part of VGG16 at 224 px with made-up weights: onnx against TF.js on wasm, four images per run. */
import { createOnnxEngine } from '../../dist/engine/onnx/index.js';
import { createTfjsEngine } from '../../dist/engine/tfjs/index.js';
import { noise } from './head.mjs';
import { sideBySide } from './side-by-side.mjs';

const SIZE = 224;
const IMAGES = 4;
/** Filters and convolutions of the five blocks. Source: https://arxiv.org/abs/1409.1556, table 1, column D. */
const BLOCKS = [
  [64, 2],
  [128, 2],
  [256, 3],
  [512, 3],
  [512, 3],
];

const layers = [{ kind: 'input', name: 'input', inputs: [], trainable: false, shape: [SIZE, SIZE, 3] }];
const weights = new Map();
let before = 'input';
let channels = 3;
const add = (layer) => {
  layers.push({ ...layer, inputs: [before], trainable: false });
  before = layer.name;
};
BLOCKS.forEach(([filters, convolutions], block) => {
  for (let i = 1; i <= convolutions; i++) {
    const name = `block${block + 1}_conv${i}`;
    const window = { kernelSize: [3, 3], strides: [1, 1], dilation: [1, 1], padding: 'same' };
    add({ kind: 'conv2d', name, filters, ...window, useBias: true, activation: 'relu' });
    const kernel = noise(9 * channels * filters, Math.sqrt(6 / (9 * channels)));
    weights.set(`${name}/kernel`, { shape: [3, 3, channels, filters], data: kernel });
    weights.set(`${name}/bias`, { shape: [filters], data: noise(filters, 0.1) });
    channels = filters;
  }
  add({ kind: 'max_pooling2d', name: `block${block + 1}_pool`, poolSize: [2, 2], strides: [2, 2], padding: 'valid' });
});
const graph = { name: 'vgg16', layers };

const onnx = await (await createOnnxEngine()).compile(graph, weights);
const tfjs = await (await createTfjsEngine({ backend: 'wasm' })).compile(graph, weights);
const pictures = noise(IMAGES * SIZE * SIZE * 3, 1);
await sideBySide(
  'VGG16 forward at 224 px',
  8,
  [
    { name: 'onnx', run: () => onnx.run(pictures, IMAGES) },
    { name: 'tfjs wasm', run: () => tfjs.run(pictures, IMAGES) },
  ],
  3,
);
onnx.dispose();
tfjs.dispose();
