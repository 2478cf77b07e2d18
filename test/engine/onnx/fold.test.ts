import { describe, expect, test } from '@jest/globals';
import { foldBatchNorm, foldedPaddings } from '../../../src/engine/onnx/fold.js';
import { inferenceModel } from '../../../src/engine/onnx/inference-model.js';
import type { Graph } from '../../../src/model/graph.js';
import { everyLayer, madeUpWeights } from '../../model/graphs.js';

const names = (graph: Graph) => graph.layers.map(({ name }) => name);

describe('folding BatchNorm', () => {
  test('joins it with the linear layer before, under its own name', () => {
    const graph = everyLayer();
    const folded = foldBatchNorm(graph, madeUpWeights(graph, 1), () => true);
    expect(names(folded.graph)).toEqual(names(graph).filter((name) => name !== 'conv1' && name !== 'dw1'));
    const joined = folded.graph.layers.find(({ name }) => name === 'bn1');
    expect(joined).toMatchObject({ kind: 'conv2d', useBias: true, inputs: ['scaled'] });
  });

  test('scales the kernel by gamma / sqrt(variance + epsilon) and moves the bias along', () => {
    const graph: Graph = {
      name: 'two',
      layers: [
        { kind: 'input', name: 'x', inputs: [], trainable: false, shape: [1] },
        { kind: 'dense', name: 'd', inputs: ['x'], trainable: false, units: 2, useBias: true, activation: 'linear' },
        {
          kind: 'batch_normalization',
          name: 'n',
          inputs: ['d'],
          trainable: false,
          statistics: 'stored',
          epsilon: 1,
          momentum: 0.9,
          scale: true,
          center: true,
        },
      ],
    };
    const row = (...data: number[]) => ({ shape: [data.length], data: Float32Array.from(data) });
    const weights = new Map([
      ['d/kernel', { shape: [1, 2], data: Float32Array.of(5, 7) }],
      ['d/bias', row(1, 2)],
      ['n/gamma', row(4, 6)],
      ['n/beta', row(0.5, 0.25)],
      ['n/moving_mean', row(2, 1)],
      ['n/moving_variance', row(3, 8)],
    ]);
    const folded = foldBatchNorm(graph, weights, () => true).weights;
    expect([...folded.get('n/kernel')!.data]).toEqual([10, 14]);
    expect([...folded.get('n/bias')!.data]).toEqual([-1.5, 2.25]);
  });

  test('leaves what is trained, and what others read too, as it is', () => {
    const graph = everyLayer();
    const weights = madeUpWeights(graph, 1);
    expect(names(foldBatchNorm(graph, weights, ({ name }) => name !== 'conv1' && name !== 'bn2').graph)).toEqual(
      names(graph),
    );
    const layers = graph.layers.map((layer) => (layer.name === 'dw1' ? { ...layer, inputs: ['conv1'] } : layer));
    const shared: Graph = { ...graph, layers };
    expect(names(foldBatchNorm(shared, weights, ({ name }) => name !== 'bn2').graph)).toEqual(names(shared));
  });
});

test('zero padding goes into the valid convolution that alone reads it', () => {
  expect([...foldedPaddings(everyLayer())]).toEqual([['dw2', 'pad']]);
  const graph = everyLayer();
  const { nodes } = inferenceModel(graph, madeUpWeights(graph, 1));
  expect(nodes.filter(({ op }) => op === 'Pad')).toEqual([]);
  const pads = nodes.filter(({ op }) => op === 'Conv').map(({ attributes }) => attributes.pads);
  expect(pads).toContainEqual({ ints: [0, 1, 1, 0] });
});

test('a compiled network enters channels first once and leaves channels last', () => {
  const graph = everyLayer();
  const part = { name: 'part', layers: graph.layers.slice(0, 8) };
  const perms = inferenceModel(part, madeUpWeights(graph, 1))
    .nodes.filter(({ op }) => op === 'Transpose')
    .map(({ attributes }) => attributes.perm);
  expect(perms).toEqual([{ ints: [0, 3, 1, 2] }, { ints: [0, 2, 3, 1] }]);
});
