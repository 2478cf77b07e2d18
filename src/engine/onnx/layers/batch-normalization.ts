/**
 * BatchNorm: y = gamma (x - mean) / sqrt(variance + epsilon) + beta, on the stored statistics or, while training with
 * `batch` statistics, on the batch's own, which the stored ones then follow.
 * Sources: keras/src/layers/normalization/batch_normalization.py (biased variance, for the moving one too);
 * Ioffe and Szegedy, https://arxiv.org/abs/1502.03167, section 3, for the gradient.
 */
import { usesBatchStatistics, type BatchNormLayer } from '../../../model/graph.js';
import type { GraphBuilder, Name } from '../builder.js';
import { type Applied, channelAxis, inOrder, type Role, type Scope, type Value } from './rule.js';

export function applyBatchNormalization(scope: Scope, layer: BatchNormLayer, [x]: readonly Value[]): Applied {
  if (scope.normalizationOperator) return { output: operator(scope, layer, x), backward: noWayBack };
  const { graph, weights } = scope;
  const onBatch = scope.training && usesBatchStatistics(layer);
  const channels = perChannel(graph, x);

  const stored = (role: Role) => channels.spread(weights.get(role));
  const mean = onBatch ? channels.mean(x.name) : stored('moving_mean');
  const centred = graph.node('Sub', [x.name, mean]);
  const variance = onBatch ? channels.mean(graph.node('Mul', [centred, centred])) : stored('moving_variance');
  const deviation = graph.node('Sqrt', [graph.node('Add', [variance, graph.scalar(layer.epsilon)])]);
  const slope = graph.node('Div', [layer.scale ? stored('gamma') : graph.scalar(1), deviation]);
  const scaled = graph.node('Mul', [centred, slope]);
  const output = layer.center ? graph.node('Add', [scaled, stored('beta')]) : scaled;

  const backward = (gradient: Value) => {
    const g = inOrder(graph, gradient, x.order).name;
    const normal = graph.node('Div', [centred, deviation]);
    const along = graph.node('Mul', [g, normal]);
    // The batch's statistics move with x, which takes from g its mean and its part along the normalized tensor.
    const moved = () =>
      graph.node('Sub', [graph.node('Sub', [g, channels.mean(g)]), graph.node('Mul', [normal, channels.mean(along)])]);
    const byInput = graph.node('Mul', [onBatch ? moved() : g, slope]);
    return {
      inputs: [{ ...x, name: byInput }],
      weights: {
        ...(layer.scale ? { gamma: channels.sum(along) } : {}),
        ...(layer.center ? { beta: channels.sum(g) } : {}),
      },
    };
  };

  const follow = (role: Role, seen: Name) =>
    graph.node('Add', [
      graph.node('Mul', [weights.get(role), graph.scalar(layer.momentum)]),
      graph.node('Mul', [channels.flat(seen), graph.scalar(1 - layer.momentum)]),
    ]);
  const updates = onBatch
    ? { moving_mean: follow('moving_mean', mean), moving_variance: follow('moving_variance', variance) }
    : undefined;
  return { output: { ...x, name: output }, backward, updates };
}

function noWayBack(): never {
  throw new Error('a network with BatchNorm as an operator is for inference alone');
}

/** The operator on the stored statistics. It needs gamma and beta even if a layer has none. */
function operator({ graph, weights }: Scope, layer: BatchNormLayer, input: Value): Value {
  const x = inOrder(graph, input, 'first');
  const channels = input.shape[input.shape.length - 1];
  const all = (value: number) =>
    graph.constant(`${layer.name}/${value}`, [channels], new Float32Array(channels).fill(value));
  const gamma = layer.scale ? weights.get('gamma') : all(1);
  const beta = layer.center ? weights.get('beta') : all(0);
  const operands = [x.name, gamma, beta, weights.get('moving_mean'), weights.get('moving_variance')];
  return { ...x, name: graph.node('BatchNormalization', operands, { epsilon: { float: layer.epsilon } }) };
}

/** Sums and means over all but the channels, and weights of one number per channel laid along them. */
function perChannel(graph: GraphBuilder, x: Value) {
  const channelsAt = channelAxis(x);
  const axes = [...Array(x.shape.length + 1).keys()].filter((axis) => axis !== channelsAt);
  /** Extents of 1 for the axes after the channels, so that a weight meets them. */
  const after = axes.filter((axis) => axis > channelsAt).map(() => 1);
  return {
    mean: (value: Name) => graph.node('ReduceMean', [value], { axes: { ints: axes }, keepdims: { int: 1 } }),
    sum: (value: Name) => graph.node('ReduceSum', [value, graph.integers(axes)], { keepdims: { int: 0 } }),
    spread: (weight: Name) =>
      after.length === 0 ? weight : graph.node('Reshape', [weight, graph.integers([-1, ...after])]),
    flat: (value: Name) => graph.node('Reshape', [value, graph.integers([-1])]),
  };
}
