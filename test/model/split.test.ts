import { describe, expect, test } from '@jest/globals';
import { createTfjsEngine } from '../../src/engine/tfjs/index.js';
import { resnet50 } from '../../src/model/bases/resnet50.js';
import { withInputShape, type Graph } from '../../src/model/graph.js';
import { splitAtFrozen } from '../../src/model/split.js';
import { everyLayer, madeUpWeights, noise, relativeError } from './graphs.js';

/** The network with its layers frozen up to and including one, in their order; all of them without a name. */
function frozenUntil(graph: Graph, name?: string): Graph {
  const last = name === undefined ? graph.layers.length : graph.layers.findIndex((layer) => layer.name === name);
  return { ...graph, layers: graph.layers.map((layer, index) => ({ ...layer, trainable: index > last })) };
}

const endOfPrefix = (graph: Graph) => splitAtFrozen(graph).prefix.layers.at(-1)!.name;

describe('the cut', () => {
  test('is never inside a residual block', () => {
    expect(endOfPrefix(frozenUntil(everyLayer(), 'dw1'))).toBe('relu1');
    expect(endOfPrefix(frozenUntil(everyLayer(), 'bn2'))).toBe('relu1');
    // With all of the block's weights frozen the add joins, and so do the layers without weights behind it.
    expect(endOfPrefix(frozenUntil(everyLayer(), 'project'))).toBe('pad');
  });

  test('lies where freezing ends in the middle', () => {
    expect(endOfPrefix(frozenUntil(everyLayer(), 'dw2'))).toBe('average');
    expect(endOfPrefix(frozenUntil(everyLayer(), 'conv1'))).toBe('conv1');
  });

  test('is not inside branches of pooling, which meet in one tensor only behind the trainable layer', () => {
    expect(endOfPrefix(frozenUntil(everyLayer(), 'dilated'))).toBe('dilated');
  });

  test('comes before dropout, and before the output layer even when all is frozen', () => {
    expect(endOfPrefix(frozenUntil(everyLayer()))).toBe('sum');
    const { layers } = everyLayer();
    const kept = layers.filter(({ name }) => name !== 'drop');
    const joined = kept.map((layer) => (layer.name === 'classes' ? { ...layer, inputs: ['sum'] } : layer));
    expect(endOfPrefix(frozenUntil({ name: 'without-dropout', layers: joined }))).toBe('sum');
  });

  test('lets flatten and global pooling join, whether trainable or not', () => {
    const chain = (kind: 'flatten' | 'global_average_pooling2d'): Graph => ({
      name: 'chain',
      layers: [
        { kind: 'input', name: 'x', inputs: [], trainable: false, shape: [4, 4, 2] },
        {
          kind: 'batch_normalization',
          name: 'norm',
          inputs: ['x'],
          trainable: false,
          epsilon: 1e-3,
          momentum: 0.99,
          scale: true,
          center: true,
          statistics: 'stored',
        },
        { kind, name: 'flat', inputs: ['norm'], trainable: true },
        { kind: 'dense', name: 'y', inputs: ['flat'], trainable: true, units: 1, useBias: true, activation: 'sigmoid' },
      ],
    });
    expect(endOfPrefix(chain('flatten'))).toBe('flat');
    expect(splitAtFrozen(chain('flatten')).featureShape).toEqual([32]);
    expect(splitAtFrozen(chain('global_average_pooling2d')).featureShape).toEqual([2]);
  });

  test('leaves the prefix its input alone when the first layer is trained', () => {
    const { prefix, suffix, featureShape } = splitAtFrozen(everyLayer());
    expect(prefix.layers.map(({ name }) => name)).toEqual(['picture']);
    expect(featureShape).toEqual([13, 11, 3]);
    expect(suffix.layers).toHaveLength(everyLayer().layers.length);
  });

  test('leaves it so as well when padding comes before that layer, as in ResNet50', () => {
    const graph = resnet50();
    const trained = { ...graph, layers: graph.layers.map((layer) => ({ ...layer, trainable: true })) };
    expect(endOfPrefix(withInputShape(trained, [64, 64, 3]))).toBe(graph.layers[0].name);
  });
});

test('a frozen layer behind a trainable one stays in the suffix', () => {
  const graph = everyLayer();
  const layers = graph.layers.map((layer) => ({ ...layer, trainable: layer.name === 'bn1' }));
  expect(endOfPrefix({ ...graph, layers })).toBe('conv1');
});

test('prefix and suffix one after the other compute what the whole network does', async () => {
  const graph = frozenUntil(everyLayer(), 'residual');
  const weights = madeUpWeights(graph, 1);
  const engine = await createTfjsEngine({ backend: 'wasm' });
  const { prefix, suffix } = splitAtFrozen(graph);
  const input = noise(2 * 13 * 11 * 3, 3);
  const runners = await Promise.all([graph, prefix, suffix].map((part) => engine.compile(part, weights)));
  const [whole, first, second] = runners;
  expect(relativeError(await second.run(await first.run(input, 2), 2), await whole.run(input, 2))).toBeLessThan(1e-6);
  runners.forEach((runner) => runner.dispose());
});
