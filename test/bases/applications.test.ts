/** What networks of keras.applications compute, against Keras's own numbers (tools/keras/all_applications.py). */
import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { createOnnxEngine } from '../../src/engine/onnx/index.js';
import { shapesOf, outputOf, withInputShape } from '../../src/model/graph.js';
import { fitWeights } from '../../src/model/layers-model/fit.js';
import { readModelFile } from '../../src/model/read-model.js';
import { sizeOf } from '../../src/model/tensor.js';
import { differenceFrom, goldens, networkOf, pixelsOf } from './keras-applications.js';

const folder = process.env.KERAS_FILES;
const all = goldens(folder === undefined ? undefined : join(folder, 'golden.json'));

test.each(Object.keys(all))(
  '%s gives the features that Keras gives',
  async (name) => {
    const golden = all[name];
    const { graph, weights } = networkOf(golden);
    expect(shapesOf(graph).get(outputOf(graph).name)).toEqual(golden.shape);
    const engine = await createOnnxEngine({ threads: 2 });
    const runner = await engine.compile(graph, fitWeights(graph, weights, name));
    const features = await runner.run(pixelsOf(golden), 1);
    runner.dispose();
    expect(features.length).toBe(sizeOf(golden.shape));
    expect(differenceFrom(golden, features)).toBeLessThan(1e-4);
    if (folder === undefined) return;
    for (const ending of ['keras', 'h5']) {
      const model = await readModelFile(join(folder, `${name}.${ending}`), { withoutTop: true });
      const read = withInputShape(model.graph!, [golden.size, golden.size, 3]);
      expect(read.layers.map((layer) => layer.name)).toEqual(graph.layers.map((layer) => layer.name));
      const fitted = fitWeights(read, model.weights, name);
      for (const [weight, { data }] of weights)
        expect([weight, Buffer.compare(bytesOf(data), bytesOf(fitted.get(weight)!.data))]).toEqual([weight, 0]);
    }
  },
  600_000,
);

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
