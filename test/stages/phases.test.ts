/** A training that continues from another one: what it begins with, and that nothing frozen moves. */
import { describe, expect, test } from '@jest/globals';
import type { TrainConfig } from '../../src/core/schema-types.js';
import type { DataSpec } from '../../src/image/dataset.js';
import type { TrainedDocument } from '../../src/model/document.js';
import type { Graph } from '../../src/model/graph.js';
import type { Tensor } from '../../src/model/tensor.js';
import { encodeWeights } from '../../src/model/weights-file.js';
import { startOf } from '../../src/stages/train/start.js';
import { requireUnmoved } from '../../src/stages/train/verify-frozen.js';
import { everyLayer, madeUpWeights } from '../model/graphs.js';
import { Bench } from './context.js';

/** A base up to `dilated`, a head after it; everything of the base frozen, as a first training leaves it. */
const whole = everyLayer();
const count = whole.layers.findIndex(({ name }) => name === 'dilated') + 1;
const graph: Graph = {
  ...whole,
  layers: whole.layers.map((layer, index) => ({
    ...layer,
    trainable: index >= count,
    ...(layer.kind === 'batch_normalization' ? { statistics: 'stored' as const } : {}),
  })),
};
const weights = madeUpWeights(graph, 1);
const image: DataSpec['image'] = { size: [13, 11], interpolation: 'bilinear', orientation: 'exif' };

async function start(
  freeze: TrainConfig['freeze'],
  spec: DataSpec = { classes: ['a', 'b', 'c', 'd'], image },
  start = weights,
) {
  const bench = new Bench();
  const inBase = (name: string) => graph.layers.slice(0, count).some((layer) => name.startsWith(`${layer.name}/`));
  const [base, head] = [true, false].map((of) =>
    bench.put(encodeWeights(new Map([...start].filter(([name]) => inBase(name) === of)))),
  );
  const document: TrainedDocument = {
    graph,
    preprocessing: { kind: 'mode', mode: 'tf' },
    weights: [base, head],
    base: { architecture: 'x', weights: 'y', layers: count },
    classes: ['a', 'b', 'c', 'd'],
    image,
  };
  const outputs = { weights: base, model: bench.putJson(document) };
  const begun = await startOf(bench.context<'train'>({ freeze } as TrainConfig, { from: outputs }), spec);
  return { ...begun, notes: bench.notes };
}

describe('the start', () => {
  test('has the weights that the earlier training ended with, and layers of the base frozen again', async () => {
    const { document, weights: begun, base, notes } = await start({ until: 'pad' });
    expect(new Map([...begun].sort())).toEqual(new Map([...weights].sort()));
    expect(base).toEqual(document.weights[0]);
    const trainable = document.graph.layers.filter((layer) => layer.trainable).map(({ name }) => name);
    expect(trainable).toEqual([
      'pad',
      'dw2',
      'average',
      'dilated',
      'flat',
      'gate',
      'mean',
      'largest',
      'sum',
      'drop',
      'classes',
    ]);
    expect(notes).toEqual([['parameters', expect.stringMatching(/^\d+ parameters frozen, [\d,]+ trained$/)]]);
  });

  test('leaves the head free where all of the base is frozen, and everything as it was without a setting', async () => {
    const free = async (freeze: TrainConfig['freeze']) =>
      (await start(freeze)).document.graph.layers.flatMap(({ name, trainable }) => (trainable ? name : []));
    const head = ['flat', 'gate', 'mean', 'largest', 'sum', 'drop', 'classes'];
    expect(await free('all')).toEqual(head);
    expect(await free(undefined)).toEqual(head);
    expect(await free('none')).toHaveLength(graph.layers.length);
  });

  test('a layer of the head is none of the base', async () => {
    await expect(start({ until: 'gate' })).rejects.toMatchObject({
      category: 'invalid',
      problems: [{ code: 'unknown-layer', found: 'the base has no layer gate' }],
    });
    await expect(start({ until: 'dilate' })).rejects.toMatchObject({ problems: [{ remedy: 'did you mean dilated?' }] });
  });

  test('other classes, another order of them, or another size do not fit', async () => {
    const fails = { category: 'invalid', problems: [{ code: 'pictures-differ' }] };
    await expect(start('all', { classes: ['a', 'b', 'd', 'c'], image })).rejects.toMatchObject(fails);
    await expect(
      start('all', { classes: ['a', 'b', 'c', 'd'], image: { ...image, size: [16, 16] } }),
    ).rejects.toMatchObject(fails);
  });

  test('NaN weights are reported before training', async () => {
    const spoiled = new Map(weights).set('project/bias', { shape: [8], data: new Float32Array(8).fill(NaN, 3, 4) });
    await expect(start('all', undefined, spoiled)).rejects.toMatchObject({
      category: 'bad-data',
      problems: [
        {
          code: 'weights-not-finite',
          found: 'the weights of project/bias contain NaN or infinity before training begins',
        },
      ],
    });
  });
});

describe('frozen weights', () => {
  const changed = (name: string): Map<string, Tensor> => {
    const { shape, data } = weights.get(name)!;
    // Negative zero is another weight, to the bit.
    return new Map(weights).set(name, { shape, data: data.map((value, i) => (i === 0 ? -value : value)) });
  };
  const judge =
    (used: ReadonlyMap<string, Tensor>, trained: ReadonlyMap<string, Tensor>, of: Graph = graph) =>
    () =>
      requireUnmoved({ graph: of, stored: weights, used, trained });
  const fine: Graph = { ...graph, layers: graph.layers.map((layer) => ({ ...layer, trainable: true })) };

  test('that stayed, and trained ones that moved, are as they should be', () => {
    expect(judge(weights, new Map())).not.toThrow();
    expect(judge(weights, changed('classes/kernel'))).not.toThrow();
    expect(judge(weights, changed('bn1/gamma'), fine)).not.toThrow();
  });

  test('that came out otherwise, or were changed in memory, are reported by name', () => {
    expect(judge(weights, changed('conv1/kernel'))).toThrow('training changed frozen weights: conv1/kernel');
    expect(judge(changed('dw2/depthwise_kernel'), new Map())).toThrow('dw2/depthwise_kernel');
  });

  test('stored statistics stay where their layer is trained, those of the batch move', () => {
    expect(judge(weights, changed('bn1/moving_mean'), fine)).toThrow('bn1/moving_mean');
    const following: Graph = {
      ...fine,
      layers: fine.layers.map((layer) =>
        layer.kind === 'batch_normalization' ? { ...layer, statistics: 'batch' } : layer,
      ),
    };
    expect(judge(weights, changed('bn1/moving_mean'), following)).not.toThrow();
  });
});
