/** The objective of training: targets, class weights, dropout masks, the optimizer. */
import { classNameOf } from '../../core/class-layout.js';
import { nameList } from '../../core/text/names.js';
import { onlyMember, type Member } from '../../core/only-member.js';
import { PipelineError, type Problem } from '../../core/problem.js';
import { Random } from '../../core/random.js';
import { nearest } from '../../core/text/did-you-mean.js';
import type { TrainConfig } from '../../core/schema-types.js';
import type { Label } from '../../image/dataset.js';
import type { Clipping } from '../../model/clipping.js';
import { shapesOf, type Graph } from '../../model/graph.js';
import type { Optimizer } from '../../model/optimizer.js';
import { sizeOf } from '../../model/tensor.js';

/** One row a label: the label itself for a single sigmoid unit, else 1 for each of its classes. */
export function targetsOf(labels: readonly Label[], units: number): Float32Array {
  const targets = new Float32Array(labels.length * units);
  labels.forEach((label, row) => {
    if (typeof label !== 'number') for (const one of label) targets[row * units + one] = 1;
    else if (units === 1) targets[row] = label;
    else targets[row * units + label] = 1;
  });
  return targets;
}

/** A weight for each class. Throws `invalid` for a name that is not a class. */
export function classWeights(
  config: TrainConfig['class_weight'],
  classes: readonly string[],
  labels: readonly Label[],
): number[] {
  if (config === undefined) return classes.map(() => 1);
  if (config === 'balanced') {
    const counts = classes.map((_, index) => labels.filter((label) => label === index).length);
    return counts.map((count) => labels.length / (classes.length * Math.max(1, count)));
  }
  const problems = Object.keys(config)
    .filter((name) => !classes.includes(classNameOf(name)))
    .map((name): Problem => {
      const close = nearest(name, classes);
      return {
        code: 'unknown-class',
        field: ['class_weight', name],
        part: 'key',
        found: `\`class_weight\` names \`${name}\`, but no image has that class`,
        expected: `classes among ${nameList(classes)}`,
        remedy: close === undefined ? undefined : `did you mean \`${close}\`?`,
      };
    });
  if (problems.length > 0) throw new PipelineError('invalid', problems);
  const weights = new Map(Object.entries(config).map(([name, weight]) => [classNameOf(name), weight]));
  return classes.map((name) => weights.get(name) ?? 1);
}

/** Dropout layers of a network with how many numbers each lets through for one input. */
export function dropoutLayers(
  graph: Graph,
): { readonly name: string; readonly rate: number; readonly units: number }[] {
  const shapes = shapesOf(graph);
  return graph.layers.flatMap((layer) =>
    layer.kind === 'dropout' ? [{ name: layer.name, rate: layer.rate, units: sizeOf(shapes.get(layer.name)!) }] : [],
  );
}

/**
 * Masks of one step, drawn from (seed, layer, step): 0 with the layer's rate, else 1 / (1 - rate). `memory` gives an array
 * of a length for a layer.
 */
export function dropoutMasks(
  layers: ReturnType<typeof dropoutLayers>,
  count: number,
  seed: number,
  step: number,
  memory: (layer: string, length: number) => Float32Array = (_, length) => new Float32Array(length),
): Map<string, Float32Array> {
  return new Map(
    layers.map(({ name, rate, units }) => {
      const mask = memory(name, count * units);
      Random.keyed(seed, 'dropout', name, step).fillBelow(mask, rate * 2 ** 32, 0, 1 / (1 - rate));
      return [name, mask];
    }),
  );
}

/** The optimizer of a pipeline file, resolved. */
export interface Chosen {
  readonly optimizer: Optimizer;
  readonly learningRate: number;
  readonly clipping: Clipping | undefined;
}

/** The optimizer with its settings, and what limits its gradients. */
export function optimizerOf(config: TrainConfig['optimizer']): Chosen {
  const member = onlyMember(config);
  const { learning_rate: learningRate } = member.settings;
  return { optimizer: formulaOf(member), learningRate, clipping: clippingOf(member.settings) };
}

function formulaOf({ kind, settings }: Member<TrainConfig['optimizer']>): Optimizer {
  switch (kind) {
    case 'adam':
      return { kind, beta1: settings.beta_1, beta2: settings.beta_2, epsilon: settings.epsilon };
    case 'sgd':
      return { kind, momentum: settings.momentum, nesterov: settings.nesterov };
    case 'rmsprop':
      return { kind, rho: settings.rho, momentum: settings.momentum, epsilon: settings.epsilon };
  }
}

/** The limit on gradients; a pipeline file has one at most. */
function clippingOf(config: Readonly<Partial<Record<Clipping['kind'], number>>>): Clipping | undefined {
  const limits = (['clipnorm', 'global_clipnorm', 'clipvalue'] as const).flatMap((kind): Clipping[] => {
    const limit = config[kind];
    return limit === undefined ? [] : [{ kind, limit }];
  });
  return limits[0];
}
