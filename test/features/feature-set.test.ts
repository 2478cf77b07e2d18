/** Weights are hashed once, however many stages read them. */
import { expect, test } from '@jest/globals';
import { digestOf } from '../../src/core/digest.js';
import { featureSetPreimage, type FeatureRecipe } from '../../src/features/feature-set.js';
import { readWeights, type ModelDocument } from '../../src/model/document.js';
import type { Graph } from '../../src/model/graph.js';
import type { Weights } from '../../src/model/tensor.js';
import { encodeWeights } from '../../src/model/weights-file.js';

const graph: Graph = {
  name: 'dense',
  layers: [
    { kind: 'input', name: 'input', inputs: [], trainable: false, shape: [2] },
    {
      kind: 'dense',
      name: 'dense',
      inputs: ['input'],
      trainable: false,
      units: 1,
      useBias: false,
      activation: 'linear',
    },
  ],
};

function weightsOf(...values: number[]): Weights {
  return new Map([['dense/kernel', { shape: [2, 1], data: Float32Array.from(values) }]]);
}

async function read(bytes: Buffer): Promise<Weights> {
  const weights = [{ digest: digestOf(bytes), size: bytes.length }];
  const document: ModelDocument = { graph, weights, preprocessing: null, base: { architecture: 'x', weights: 'x' } };
  return readWeights(document, () => Promise.resolve(bytes));
}

function digestOfPrefix(weights: Weights): unknown {
  const recipe: FeatureRecipe = {
    image: { size: [1, 1], interpolation: 'bilinear', orientation: 'exif' },
    preprocessing: { kind: 'mode', mode: 'none' },
    variation: null,
    prefix: graph,
    weights,
    engine: { name: 'onnx', backend: 'cpu', version: '1', impl: 1 },
  };
  return (featureSetPreimage(recipe, 'float32') as { weights: unknown }).weights;
}

test('a blob that is read again is not hashed again, and its digest is that of its numbers', async () => {
  const blob = encodeWeights(weightsOf(1, 2));
  const first = digestOfPrefix(await read(blob));
  expect(first).toBe(digestOfPrefix(weightsOf(1, 2)));
  const again = await read(blob);
  // Nothing changes weights that were read: only what hashes them sees this.
  again.get('dense/kernel')!.data[0] = 5;
  expect(digestOfPrefix(again)).toBe(first);
  expect(digestOfPrefix(await read(encodeWeights(weightsOf(5, 2))))).toBe(digestOfPrefix(weightsOf(5, 2)));
});
