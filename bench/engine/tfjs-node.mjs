/**
 * The default engine against TF.js on its native backend: extraction with a frozen MobileNetV2, a training step of the
 * VGG16 head, a step of fine-tuning. Wants `bash scripts/install-tfjs-node.sh`, Node 20 or 22.
 */
import { createOnnxEngine } from '../../dist/engine/onnx/index.js';
import { createTfjsEngine } from '../../dist/engine/tfjs/index.js';
import { nativeState } from '../../dist/engine/tfjs/identity.js';
import { mobilenetV2 } from '../../dist/model/bases/mobilenet-v2.js';
import { outputOf, withInputShape } from '../../dist/model/graph.js';
import { initialWeights } from '../../dist/model/initializers.js';
import { splitAtFrozen } from '../../dist/model/split.js';
import { headBatch, headProgram, noise } from './head.mjs';
import { sideBySide } from './side-by-side.mjs';

if (nativeState() !== 'ready') {
  console.log(`skipped: the native backend of TF.js is ${nativeState()}`);
  process.exit(0);
}
const engines = [
  { name: 'onnx', engine: await createOnnxEngine() },
  { name: 'tfjs-node', engine: await createTfjsEngine({ backend: 'node' }) },
];

/** Prepares work for each engine and compares it. */
async function compare(claim, prepare, rounds, repeats) {
  const rivals = [];
  for (const { name, engine } of engines) rivals.push({ name, run: await prepare(engine), repeats });
  await sideBySide(claim, 1, rivals, rounds);
}

const SIZE = 224;
const [IMAGES, BATCH] = [16, 16];
const base = withInputShape(mobilenetV2(0.35), [SIZE, SIZE, 3]);
const weights = initialWeights(base, 1);
const pictures = noise(IMAGES * SIZE * SIZE * 3, 1);

await compare(
  `MobileNetV2-0.35 features of ${IMAGES} images`,
  async (engine) => {
    const runner = await engine.compile(base, weights);
    return () => runner.run(pictures, IMAGES);
  },
  7,
  1,
);

const program = headProgram(7 * 7 * 512, 32);
const batch = headBatch(7 * 7 * 512, 32);
await compare(
  'one training step of the VGG16 head',
  async (engine) => {
    const trainer = await engine.train(program);
    return () => trainer.step(batch);
  },
  7,
  3,
);

/** The last block of MobileNetV2 and what follows it, with a small head, from the features before it. */
function lastBlock() {
  const from = base.layers.findIndex(({ name }) => name === 'block_16_expand');
  const frozen = base.layers.map((layer, i) => ({ ...layer, trainable: i >= from }));
  const layers = [
    ...frozen,
    { kind: 'global_average_pooling2d', name: 'pooled', inputs: [outputOf(base).name], trainable: true },
    {
      kind: 'dense',
      name: 'classes',
      inputs: ['pooled'],
      trainable: true,
      units: 1,
      useBias: true,
      activation: 'sigmoid',
    },
  ];
  return splitAtFrozen({ name: 'fine-tuning', layers });
}

const { suffix, featureShape } = lastBlock();
const length = featureShape.reduce((product, extent) => product * extent, 1);
const fineTuning = { ...headBatch(length, BATCH), masks: new Map() };
await compare(
  `one step of fine-tuning MobileNetV2's last block, ${BATCH} images`,
  async (engine) => {
    const optimizer = { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
    const trainer = await engine.train({
      graph: suffix,
      weights: initialWeights(suffix, 1),
      loss: 'binary_crossentropy',
      optimizer,
      batchSize: BATCH,
    });
    return () => trainer.step(fineTuning);
  },
  7,
  3,
);
process.exit(0);
