/** Operations a second in a step of VGG16's block 5 with its head, against those of a plain product of large matrices. */
import { Tensor } from '../../dist/engine/onnx/runtime.js';
import { GraphBuilder } from '../../dist/engine/onnx/builder.js';
import { createOnnxEngine } from '../../dist/engine/onnx/index.js';
import { openSession } from '../../dist/engine/onnx/session.js';
import { vgg16 } from '../../dist/model/bases/vgg.js';
import { availableParallelism } from 'node:os';
import { flatHead, operations, tunedBatch, tunedProgram } from './fine-tuning.mjs';
import { noise } from './head.mjs';
import { sideBySide } from './side-by-side.mjs';

const BATCH = 32;
const EXTENT = 2048;

const program = tunedProgram(vgg16(), 224, 'block5_conv1', flatHead, BATCH);
const trainer = await (await createOnnxEngine()).train(program);
const batch = tunedBatch(program, BATCH);

const builder = new GraphBuilder();
const dims = [EXTENT, EXTENT];
const matrices = { a: builder.input('a', dims), b: builder.input('b', dims) };
builder.output('product', builder.node('Gemm', [matrices.a, matrices.b]), dims);
const session = await openSession(builder.build('product'), availableParallelism());
const matrix = () => new Tensor('float32', noise(EXTENT * EXTENT, 1), dims);
const [feeds, place] = [{ a: matrix(), b: matrix() }, { product: matrix() }];

// Milliseconds for a billion operations: the share is the product's over the step's.
await sideBySide(
  'milliseconds for 10^9 operations: a product of 2,048 x 2,048 matrices against a step of VGG16 block 5 with its head',
  0.5,
  [
    { name: 'step', run: () => trainer.step(batch), units: (BATCH * operations(program)) / 1e9 },
    { name: 'product', run: () => session.run(feeds, place), units: (2 * EXTENT ** 3) / 1e9, repeats: 10 },
  ],
  7,
);
trainer.dispose();
