import { describe, expect, test } from '@jest/globals';
import type { PipelineError } from '../../src/core/problem.js';
import type { BuildHeadConfig, HeadLayer } from '../../src/core/schema-types.js';
import type { ModelDocument } from '../../src/model/document.js';
import type { Graph, Layer } from '../../src/model/graph.js';
import { initialWeights } from '../../src/model/initializers.js';
import { decodeWeights, encodeWeights } from '../../src/model/weights-file.js';
import { buildHead } from '../../src/stages/build-head/index.js';
import { freeze } from '../../src/stages/freeze/index.js';
import { frozenLayers } from '../../src/model/freezing.js';
import { Bench } from './context.js';

const conv = (name: string, input: string, filters: number): Layer => ({
  kind: 'conv2d',
  name,
  inputs: [input],
  trainable: true,
  filters,
  kernelSize: [3, 3],
  strides: [2, 2],
  dilation: [1, 1],
  padding: 'same',
  useBias: true,
  activation: 'relu',
});
const base: Graph = {
  name: 'small',
  layers: [
    { kind: 'input', name: 'in', inputs: [], trainable: true, shape: [null, null, 3] },
    conv('block1_conv', 'in', 4),
    conv('block2_conv', 'block1_conv', 6),
    conv('block3_conv', 'block2_conv', 8),
  ],
};

function withBase(): { bench: Bench; outputs: Record<string, ReturnType<Bench['put']>> } {
  const bench = new Bench();
  const weights = bench.put(encodeWeights(initialWeights(base, 1)));
  const document: ModelDocument = {
    graph: base,
    preprocessing: { kind: 'mode', mode: 'tf' },
    weights: [weights],
    base: { architecture: 'layers_model', weights: 'x' },
  };
  return { bench, outputs: { weights, model: bench.putJson(document) } };
}

describe('freeze', () => {
  test.each([
    ['all', ['in', 'block1_conv', 'block2_conv', 'block3_conv']],
    ['none', []],
    [{ until: 'block2_conv' }, ['in', 'block1_conv']],
    [['block[12]_*'], ['block1_conv', 'block2_conv']],
    [
      ['block3_conv', 'in'],
      ['in', 'block3_conv'],
    ],
  ] as const)('%j', (config, frozen) => {
    const found = frozenLayers(config as never, base.layers, ['layers']);
    expect([...found].sort()).toEqual([...frozen].sort());
  });

  test('an unknown layer names the nearest', () => {
    expect(() => frozenLayers({ until: 'blok2_conv' }, base.layers, ['layers'])).toThrow(
      'the base has no layer blok2_conv',
    );
    try {
      frozenLayers({ until: 'blok2_conv' }, base.layers, ['layers']);
    } catch (error) {
      expect(error).toMatchObject({ problems: [{ remedy: 'did you mean block2_conv?' }] });
    }
    for (const until of ['block2_other_one', 'block_2_another']) {
      const expected = `one of its ${base.layers.length} layers, such as ${until.startsWith('block2') ? 'block2_conv' : 'block1_conv, block2_conv, block3_conv'}`;
      expect(() => frozenLayers({ until }, base.layers, ['layers'])).toThrow(
        expect.objectContaining({ problems: [expect.objectContaining({ expected })] }),
      );
    }
  });

  test('counts parameters and passes the weights on', async () => {
    const { bench, outputs } = withBase();
    await freeze.run(
      bench.context<'freeze'>({ layers: { until: 'block3_conv' }, batch_norm: 'stored' }, { base: outputs }),
    );
    // 3x3x3x4 + 4 and 3x3x4x6 + 6 stay; 3x3x6x8 + 8 is trained.
    expect(bench.notes).toEqual([['parameters', '334 parameters frozen, 440 trained']]);
    expect(bench.outputs.weights).toEqual(outputs.weights);
    const { graph } = bench.json<ModelDocument>('model');
    expect(graph.layers.map(({ trainable }) => trainable)).toEqual([false, false, false, true]);
  });
});

describe('build-head', () => {
  const dense = { units: 5, activation: 'relu', use_bias: true, kernel_initializer: 'glorot_uniform' } as const;
  const classifier: HeadLayer = { classifier: { kernel_initializer: 'glorot_uniform' } };

  async function build(
    layers: HeadLayer[],
    classes: string[],
    size: [number, number] = [32, 24],
    seed = 3,
  ): Promise<Bench> {
    const { bench, outputs } = withBase();
    const spec = bench.putJson({ classes, image: { size, interpolation: 'bilinear', orientation: 'exif' } });
    const config: BuildHeadConfig = { layers, seed };
    await buildHead.run(bench.context<'build-head'>(config, { base: outputs, data: { spec } }));
    return bench;
  }

  test('is sized by the images and the classes', async () => {
    const bench = await build(
      [{ flatten: {} }, { dense }, { dropout: { rate: 0.5 } }, { dense: { ...dense, units: 7 } }, classifier],
      ['a', 'b', 'c'],
    );
    const { graph } = bench.json<ModelDocument>('model');
    expect(graph.layers.slice(4).map(({ name }) => name)).toEqual([
      'head_flatten',
      'head_dense',
      'head_dropout',
      'head_dense_2',
      'head_classifier',
    ]);
    const weights = decodeWeights(Buffer.from(bench.blobs.get(bench.outputs.head_weights.digest)!), 'head');
    // 32x24 halved three times is 4x3, of 8 channels.
    expect(weights.get('head_dense/kernel')!.shape).toEqual([96, 5]);
    expect(weights.get('head_classifier/kernel')!.shape).toEqual([7, 3]);
    expect(weights.get('head_classifier/bias')!.data).toEqual(new Float32Array(3));
    // Glorot's limit for 96 in and 5 out.
    const limit = Math.sqrt(6 / 101);
    expect(Math.max(...weights.get('head_dense/kernel')!.data.map(Math.abs))).toBeLessThanOrEqual(limit);
  });

  test('the classifier of two classes is one sigmoid unit', async () => {
    const { graph } = (await build([{ global_average_pooling: {} }, classifier], ['a', 'b'])).json<ModelDocument>(
      'model',
    );
    expect(graph.layers.at(-1)).toMatchObject({ kind: 'dense', units: 1, activation: 'sigmoid' });
  });

  test('the same seed gives the same weights, another seed others', async () => {
    const [one, same, other] = await Promise.all(
      [3, 3, 4].map((seed) => build([{ flatten: {} }, classifier], ['a', 'b'], [32, 24], seed)),
    );
    expect(same.outputs.head_weights).toEqual(one.outputs.head_weights);
    expect(other.outputs.head_weights).not.toEqual(one.outputs.head_weights);
  });

  test('what does not fit is reported', async () => {
    const softmax = { dense: { ...dense, units: 3, activation: 'softmax' as const } };
    await expect(build([{ flatten: {} }, softmax], ['a', 'b'])).rejects.toMatchObject({
      problems: [{ code: 'head-does-not-fit-classes' }],
    });
    await expect(build([{ dense }, classifier], ['a', 'b'])).rejects.toMatchObject({
      problems: [{ code: 'layer-does-not-fit' }],
    });
    await expect(build([{ flatten: {} }, { dense }], ['a', 'b'])).rejects.toMatchObject({
      problems: [{ code: 'no-final-activation' }],
    });
  });
});

describe('a base that was made for one size', () => {
  /** Builds a head at 16 x 16 on a base of these layers. */
  async function build(
    layers: readonly Layer[],
    { architecture = 'layers_model', side = 16 } = {},
  ): Promise<{ notes: [string, string][]; problem: unknown }> {
    const bench = new Bench();
    const graph: Graph = { name: 'own', layers };
    const weights = bench.put(encodeWeights(initialWeights(graph, 1)));
    const document = {
      graph,
      preprocessing: { kind: 'mode', mode: 'tf' },
      weights: [weights],
      base: { architecture, weights: 'x' },
    };
    const image = { size: [side, side], interpolation: 'bilinear', orientation: 'exif' };
    const inputs = {
      base: { weights, model: bench.putJson(document) },
      data: { spec: bench.putJson({ classes: ['a', 'b'], image }) },
    };
    const head: HeadLayer[] = [
      ...(layers.at(-1)!.kind === 'dense' ? [] : [{ global_average_pooling: {} }]),
      { classifier: {} },
    ] as never;
    const problem = await buildHead.run(bench.context({ layers: head, seed: 1 } as never, inputs)).then(
      () => undefined,
      (error: PipelineError) => error.problems[0],
    );
    return { notes: bench.notes.filter(([code]) => code === 'base-size'), problem };
  }
  const input = (height: number | null, width: number | null): Layer => ({
    kind: 'input',
    name: 'in',
    inputs: [],
    trainable: true,
    shape: [height, width, 3],
  });
  const flatten: Layer = { kind: 'flatten', name: 'flat', inputs: ['conv'], trainable: true };
  const dense: Layer = {
    kind: 'dense',
    name: 'embedding',
    inputs: ['flat'],
    trainable: true,
    units: 4,
    useBias: true,
    activation: 'linear',
  };

  test('runs at another one, and says so, if its weights do not depend on it', async () => {
    expect(await build([input(24, 32), conv('conv', 'in', 4)])).toEqual({
      notes: [['base-size', 'the base layers_model was made for images of 24x32 and runs at 16x16']],
      problem: undefined,
    });
    for (const [height, width] of [
      [16, 16],
      [null, null],
      [16, null],
    ])
      expect(await build([input(height, width), conv('conv', 'in', 4)])).toEqual({ notes: [], problem: undefined });
  });

  test('says nothing at sizes that the base was measured to work well at', async () => {
    const layers = [input(32, 32), conv('conv', 'in', 4)];
    for (const side of [32, 96, 128])
      expect((await build(layers, { architecture: 'compact32', side })).notes).toEqual([]);
    const [note] = (await build(layers, { architecture: 'compact32', side: 160 })).notes;
    expect(note[1]).toBe('the base compact32 was made for images of 32x32 and runs at 160x160');
  });

  test('is refused at another one, with the size to write, if they do', async () => {
    expect(await build([input(24, null), conv('conv', 'in', 4), flatten, dense])).toEqual({
      notes: [],
      problem: {
        code: 'base-of-fixed-size',
        field: ['image', 'size'],
        fieldOf: 'ingest',
        found:
          'the base takes only images of 24x16, but they are resized to 16x16: the weights of embedding/kernel fit no other size',
        expected: '`size: [24, 16]`',
        remedy: 'write `size: [24, 16]`, or use a base whose layers are convolutions and pools',
      },
    });
    expect(await build([input(16, 16), conv('conv', 'in', 4), flatten, dense])).toEqual({
      notes: [],
      problem: undefined,
    });
  });
});
