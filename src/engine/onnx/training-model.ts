/** One training step as one ONNX graph: forward, loss, gradients and the optimizer's update. */
import {
  type Graph,
  isLearned,
  type Layer,
  type Shape,
  shapesOf,
  usesBatchStatistics,
  weightSpecs,
} from '../../model/graph.js';
import { logitsGraph } from '../../model/logits.js';
import { type Optimizer, slotCount, slotName } from '../../model/optimizer.js';
import type { TrainingProgram } from '../engine.js';
import { GraphBuilder, type Name } from './builder.js';
import { foldBatchNorm } from './fold.js';
import { backpropagate } from './gradient.js';
import { inOrder } from './layers/rule.js';
import { lossNodes } from './loss.js';
import type { Model } from './model-file.js';
import { inputOf, layOut, type Step } from './network.js';
import { updateNodes } from './optimizer.js';
import { prepareGradients, withPenalty } from './regularization.js';
import { matrixOf, type Rows, rowsOf, tilesOf } from './tiles.js';

/** Inputs and outputs besides weights, moments and masks. */
export const ports = {
  features: 'features',
  targets: 'targets',
  /** N x 1: each sample's weight divided by N. */
  share: 'share',
  /** What the optimizer's formula is given as its rate, if the graph contains it. */
  rate: 'rate',
  loss: 'loss',
  predictions: 'predictions',
} as const;

/** A weight of a trainable layer: an input of each run rather than a constant. */
export interface Variable {
  readonly name: string;
  readonly shape: Shape;
  /** What a step does: `learned` by its gradient, a `statistic` that follows the data, or left `still`. */
  readonly kind: 'learned' | 'statistic' | 'still';
}

/** The weights of a program's trainable layers, in layer order. */
export function variablesOf({ graph }: TrainingProgram): Variable[] {
  const shapes = shapesOf(graph);
  const trained = graph.layers.filter((layer) => layer.trainable && layer.inputs.length > 0);
  return trained.flatMap((layer) =>
    weightSpecs(layer, shapes.get(layer.inputs[0])!).map((spec): Variable => {
      const { name, shape } = spec;
      return { name, shape, kind: isLearned(spec) ? 'learned' : usesBatchStatistics(layer) ? 'statistic' : 'still' };
    }),
  );
}

/** The name of a tile of a weight or buffer that has several. */
export function tileName(name: string, { from, to }: Rows): Name {
  return `${name}[${from}:${to}]`;
}

/** The name of the output that gives a weight, buffer or tile its next value. */
export function nextName(name: string): Name {
  return `next:${name}`;
}

/** The name of the output that gives the gradient of a weight, where the update is not a part of the graph. */
export function gradientName(name: string): Name {
  return `gradient:${name}`;
}

/** What a program is compiled for; `literal` is the reference that others are compared with: nothing is folded. */
export type Target = 'processor' | 'device' | 'literal';

/**
 * Compiles the step. With `updatesApart` it gives gradients out instead of updated weights. Throws `invalid` for networks
 * that do not end as the loss wants.
 */
export function trainingModel(
  program: TrainingProgram,
  variables: readonly Variable[],
  target: Target,
  updatesApart = false,
): Model {
  const untilLogits = logitsGraph(program.graph, program.loss);
  const { builder, graph, steps, output: logits } = layOutWith(program, untilLogits, variables, true, target);
  const [units] = logits.shape;
  const targets = builder.batchInput(ports.targets, logits.shape);
  const share = builder.batchInput(ports.share, [1]);
  const { loss, gradient, predictions } = lossNodes(builder, program.loss, logits.name, targets, share, units);
  const { l2 = 0, clipping } = program;
  const learned = new Set(variables.filter(({ kind }) => kind === 'learned').map(({ name }) => name));
  builder.output(ports.loss, withPenalty(builder, l2, loss, learned), []);
  builder.batchOutput(ports.predictions, predictions, logits.shape);

  const gradients = prepareGradients(
    builder,
    l2,
    clipping,
    backpropagate(builder, steps, { ...logits, name: gradient }, learned),
  );
  const rate = updatesApart ? undefined : builder.input(ports.rate, []);
  for (const variable of variables) {
    if (variable.kind !== 'learned') continue;
    const byWeight = gradients.get(variable.name);
    if (byWeight === undefined) throw new Error(`no path leads from ${variable.name} to the output of ${graph.name}`);
    if (rate === undefined) builder.output(gradientName(variable.name), byWeight, variable.shape);
    else addUpdate(builder, program.optimizer, variable, byWeight, rate);
  }
  addStatistics(builder, steps, variables);
  return builder.build(`${graph.name}-step`);
}

/** Compiles inference with the trained weights as inputs. */
export function predictionModel(program: TrainingProgram, variables: readonly Variable[], target: Target): Model {
  const { builder, graph, output } = layOutWith(program, program.graph, variables, false, target);
  builder.batchOutput(ports.predictions, output.name, output.shape);
  return builder.build(`${graph.name}-predict`);
}

/** Compiles the forward side of a step with the output of every layer as an output, under the layer's name. */
export function activationsModel(
  program: TrainingProgram,
  variables: readonly Variable[],
): { model: Model; layers: readonly string[] } {
  const untilLogits = logitsGraph(program.graph, program.loss);
  const { builder, graph, steps } = layOutWith(program, untilLogits, variables, true, 'processor');
  for (const { layer, applied } of steps) {
    const { name, shape } = inOrder(builder, applied.output, 'last');
    builder.batchOutput(activationName(layer.name), name, shape);
  }
  return { model: builder.build(`${graph.name}-activations`), layers: steps.map(({ layer }) => layer.name) };
}

/** The name under which a layer's output goes out. */
export function activationName(layer: string): Name {
  return `activation:${layer}`;
}

/** Lays the network, or its part up to the logits, out with the variables as inputs. */
function layOutWith(
  { weights }: TrainingProgram,
  whole: Graph,
  variables: readonly Variable[],
  training: boolean,
  target: Target,
) {
  const literal = target === 'literal';
  const { graph, weights: constants } = foldBatchNorm(whole, weights, (layer: Layer) => !literal && !layer.trainable);
  const builder = new GraphBuilder();
  const features = inputOf(builder, graph, ports.features);
  for (const { name, shape } of variables) builder.input(name, shape);
  const names = new Set(variables.map(({ name }) => name));
  const steps = layOut(builder, graph, features, {
    weights: constants,
    variables: names,
    training,
    literal,
    winograd: target === 'processor',
  });
  return { builder, graph, steps, output: inOrder(builder, steps.at(-1)?.applied.output ?? features, 'last') };
}

/** The optimizer's step for one weight: as it is if it is small, else as a matrix, tile by tile. */
function addUpdate(
  builder: GraphBuilder,
  optimizer: Optimizer,
  { name, shape }: Variable,
  gradient: Name,
  rate: Name,
): void {
  const slotNames = Array.from({ length: slotCount(optimizer) }, (_, slot) => slotName(name, slot));
  const update = (part: (whole: string) => string, weight: Name, partial: Name, dims: Shape) => {
    const slots = slotNames.map((slot) => builder.input(part(slot), dims));
    const next = updateNodes(builder, optimizer, weight, partial, slots, rate);
    builder.output(nextName(part(name)), next.weight, dims);
    slots.forEach((slot, i) => builder.output(nextName(slot), next.slots[i], dims));
  };
  const tiles = tilesOf(shape);
  if (tiles.length === 1) {
    update((whole) => whole, name, gradient, shape);
    return;
  }
  const [, columns] = matrixOf(shape);
  const matrix = shape.length === 2 ? gradient : builder.node('Reshape', [gradient, builder.integers([-1, columns])]);
  for (const rows of tiles) {
    const part = (whole: string) => tileName(whole, rows);
    const dims = [rows.to - rows.from, columns];
    update(part, builder.input(part(name), dims), rowsOf(builder, matrix, rows), dims);
  }
}

function addStatistics(builder: GraphBuilder, steps: readonly Step[], variables: readonly Variable[]): void {
  const shapes = new Map(variables.map(({ name, shape }) => [name, shape]));
  for (const { layer, applied } of steps) {
    for (const [role, value] of Object.entries(applied.updates ?? {})) {
      const name = `${layer.name}/${role}`;
      if (value !== undefined) builder.output(nextName(name), value, shapes.get(name)!);
    }
  }
}
