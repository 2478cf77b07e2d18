/** Training programs and batches that the tests of the onnx engine share. */
import { Random } from '../../../src/core/random.js';
import type { TrainingBatch, TrainingProgram } from '../../../src/engine/engine.js';
import { type Graph, outputOf, shapesOf } from '../../../src/model/graph.js';
import { sizeOf } from '../../../src/model/tensor.js';
import { madeUpWeights, noise } from '../../model/graphs.js';

/** A program with made-up weights; the loss follows the last layer. */
export function programFor(graph: Graph, changes: Partial<TrainingProgram> = {}): TrainingProgram {
  const [units] = shapesOf(graph).get(outputOf(graph).name)!;
  return {
    graph,
    weights: madeUpWeights(graph, 1),
    loss: units === 1 ? 'binary_crossentropy' : 'categorical_crossentropy',
    optimizer: { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
    batchSize: 32,
    ...changes,
  };
}

/** Features, labels, sample weights and masks drawn from a seed. */
export function batchFor(graph: Graph, count: number, seed: number, learningRate = 0.01): TrainingBatch {
  const shapes = shapesOf(graph);
  const random = Random.keyed(seed, 'batch');
  const [units] = shapes.get(outputOf(graph).name)!;
  const targets = new Float32Array(count * units);
  for (let row = 0; row < count; row++) {
    if (units === 1) targets[row] = random.below(2);
    else targets[row * units + random.below(units)] = 1;
  }
  const masks = new Map<string, Float32Array>();
  for (const layer of graph.layers) {
    if (layer.kind !== 'dropout') continue;
    const length = count * sizeOf(shapes.get(layer.name)!);
    masks.set(
      layer.name,
      Float32Array.from({ length }, () => (random.uniform() < layer.rate ? 0 : 1 / (1 - layer.rate))),
    );
  }
  return {
    count,
    features: noise(count * sizeOf(shapes.get(graph.layers[0].name)!), seed),
    targets,
    sampleWeights: Float32Array.from({ length: count }, () => random.uniform(0.5, 1.5)),
    masks,
    learningRate,
  };
}
