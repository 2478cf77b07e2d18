/** Several trainings of a network as one that averages their logits. */
import { expect, test } from '@jest/globals';
import { createOnnxEngine } from '../../src/engine/onnx/index.js';
import { createTfjsEngine } from '../../src/engine/tfjs/index.js';
import { averaged } from '../../src/model/ensemble.js';
import { type Graph, outputOf } from '../../src/model/graph.js';
import { logitsGraph } from '../../src/model/logits.js';
import { splitAtFrozen } from '../../src/model/split.js';
import type { Weights } from '../../src/model/tensor.js';
import { denseHead, madeUpWeights, noise, relativeError } from './graphs.js';

/** A frozen dense layer, then the head. */
function network(units: number): Graph {
  const head = denseHead(6, units);
  const [input, first, ...rest] = head.layers;
  return {
    name: 'network',
    layers: [
      { ...input, kind: 'input', shape: [5] },
      {
        kind: 'dense',
        name: 'base',
        inputs: [input.name],
        trainable: false,
        units: 6,
        useBias: true,
        activation: 'relu',
      },
      { ...first, inputs: ['base'] },
      ...rest,
    ],
  };
}

/** Members that share the weights of `base`. */
function membersOf(graph: Graph, count: number): Weights[] {
  const shared = madeUpWeights(graph, 0);
  const isBase = ([name]: [string, unknown]) => name.startsWith('base/');
  return Array.from(
    { length: count },
    (_, seed) =>
      new Map([...madeUpWeights(graph, seed + 1)].filter((one) => !isBase(one)).concat([...shared].filter(isBase))),
  );
}

const engines = {
  onnx: () => createOnnxEngine({ threads: 1 }),
  tfjs: () => createTfjsEngine({ backend: 'cpu' }),
};

async function outputsOf(
  engine: keyof typeof engines,
  graph: Graph,
  weights: Weights,
  input: Float32Array,
  rows: number,
) {
  const runner = await (await engines[engine]()).compile(graph, weights);
  try {
    return await runner.run(input, rows);
  } finally {
    runner.dispose();
  }
}

type Ending = 'sigmoid' | 'softmax';

function activated(logits: readonly number[], activation: Ending): number[] {
  if (activation === 'sigmoid') return logits.map((logit) => 1 / (1 + Math.exp(-logit)));
  const powers = logits.map(Math.exp);
  return powers.map((power) => power / powers.reduce((sum, one) => sum + one, 0));
}

test.each([
  ['onnx', 1, 'sigmoid'],
  ['onnx', 3, 'softmax'],
  ['onnx', 3, 'sigmoid'],
  ['tfjs', 1, 'sigmoid'],
  ['tfjs', 3, 'softmax'],
  ['tfjs', 3, 'sigmoid'],
] as const)(
  '%s, %i units, %s: the output is that of the mean of the members’ logits',
  async (engine, units, ending) => {
    const { layers, ...named } = network(units);
    const graph: Graph = {
      ...named,
      layers: layers.map((layer) =>
        layer.kind === 'dense' && layer.name === 'classes' ? { ...layer, activation: ending } : layer,
      ),
    };
    const members = membersOf(graph, 3);
    const whole = averaged(graph, members);
    const input = noise(4 * 5, 3);
    const found = await outputsOf(engine, whole.graph, new Map([...members[0], ...whole.weights]), input, 4);
    const logits = await Promise.all(
      members.map((weights) => outputsOf(engine, logitsGraph(graph), weights, input, 4)),
    );
    const mean = logits[0].map((_, place) => logits.reduce((sum, one) => sum + one[place], 0) / members.length);
    const expected = Array.from({ length: 4 }, (_, row) =>
      activated([...mean.subarray(row * units, (row + 1) * units)], ending),
    );
    expect(relativeError(found, Float32Array.from(expected.flat()))).toBeLessThan(1e-5);
  },
);

test('the frozen part is shared, and its features are those of one member', () => {
  const graph = network(3);
  const { graph: whole, weights, shared } = averaged(graph, membersOf(graph, 4));
  expect(shared).toBe(2);
  expect([...weights.keys()].some((name) => name.startsWith('base/'))).toBe(false);
  expect(splitAtFrozen(whole).prefix.layers).toEqual(splitAtFrozen(graph).prefix.layers);
  expect(outputOf(whole)).toMatchObject({ kind: 'activation', activation: 'softmax', name: 'classes' });
});

test('layers that an earlier training changed are not shared, even if a later one froze them', () => {
  const graph = network(3);
  const members = [1, 2].map((seed) => madeUpWeights(graph, seed));
  const { graph: whole, weights, shared } = averaged(graph, members);
  expect(shared).toBe(1);
  expect(weights.get('fold_2_base/kernel')).toEqual(members[1].get('base/kernel'));
  expect(whole.layers.filter(({ name }) => name.endsWith('_base'))).toHaveLength(2);
});
