/** An epoch of fine-tuning VGG16's block 5 from kept features of block 4, against training the whole network on images. */
import { createOnnxEngine } from '../../dist/engine/onnx/index.js';
import { vgg16 } from '../../dist/model/bases/vgg.js';
import { flatHead, tunedBatch, tunedProgram } from './fine-tuning.mjs';
import { sideBySide } from './side-by-side.mjs';

const [SIZE, BATCH] = [224, 8];
const engine = await createOnnxEngine();
const rivals = [];
for (const [name, until] of [
  ['block 5', 'block5_conv1'],
  ['whole', null],
]) {
  const program = tunedProgram(vgg16(), SIZE, until, flatHead, BATCH);
  const trainer = await engine.train(program);
  const batch = tunedBatch(program, BATCH);
  rivals.push({ name, run: () => trainer.step(batch), units: BATCH });
}
await sideBySide(
  'an image of an epoch of VGG16, block 5 from kept features against forward and backward of the whole',
  4,
  rivals,
  3,
);
