/** Training the whole embedded base on images of 32 px with 200 classes: onnx against TF.js in plain JavaScript. */
import { createOnnxEngine } from '../../dist/engine/onnx/index.js';
import { createTfjsEngine } from '../../dist/engine/tfjs/index.js';
import { readModelFile } from '../../dist/model/read-model.js';
import { pooledHead, tunedBatch, tunedProgram } from './fine-tuning.mjs';
import { sideBySide } from './side-by-side.mjs';

const { graph: base } = await readModelFile(new URL('../../examples/base/model.json', import.meta.url).pathname);
const rival = async (name, engine, count) => {
  const program = tunedProgram(base, 32, null, pooledHead(200), count, 'batch');
  const trainer = await engine.train(program);
  const batch = tunedBatch(program, count);
  return { name, run: () => trainer.step(batch), units: count };
};
await sideBySide(
  'an image of 32 px in training the whole of compact32',
  10,
  [
    await rival('onnx', await createOnnxEngine(), 128),
    await rival('tfjs cpu', await createTfjsEngine({ backend: 'cpu' }), 8),
  ],
  3,
);
