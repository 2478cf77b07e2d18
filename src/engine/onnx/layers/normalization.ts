/**
 * Normalization of a place by its own channels (LayerNormalization), and of channels by fixed numbers (Normalization).
 * Sources: keras/src/layers/normalization/layer_normalization.py; Ba, Kiros and Hinton,
 * https://arxiv.org/abs/1607.06450, for the gradient.
 */
import type { LayerNormLayer, NormalizationLayer } from '../../../model/graph.js';
import type { GraphBuilder, Name } from '../builder.js';
import { type Applied, channelAxis, inOrder, type Role, type Scope, type Value } from './rule.js';

/** Channels come last: the one operator wants them there, and so do the dense layers around it. */
export function applyLayerNormalization(scope: Scope, layer: LayerNormLayer, [input]: readonly Value[]): Applied {
  const { graph, weights } = scope;
  const x = inOrder(graph, input, 'last');
  const axis = x.shape.length;
  const channels = x.shape[axis - 1];
  const all = (value: number): Name =>
    graph.constant(`${layer.name}/${value}`, [channels], new Float32Array(channels).fill(value));
  const gamma = layer.scale ? weights.get('gamma') : all(1);
  const operands = [x.name, gamma, layer.center ? weights.get('beta') : all(0)];
  const name = graph.node('LayerNormalization', operands, { axis: { int: -1 }, epsilon: { float: layer.epsilon } });

  const backward = (gradient: Value) => {
    const g = inOrder(graph, gradient, 'last').name;
    const op = (kind: string, ...inputs: Name[]) => graph.node(kind, inputs);
    const mean = (value: Name) => graph.node('ReduceMean', [value], { axes: { ints: [axis] }, keepdims: { int: 1 } });
    const centred = op('Sub', x.name, mean(x.name));
    const variance = mean(op('Mul', centred, centred));
    const deviation = op('Sqrt', op('Add', variance, graph.scalar(layer.epsilon)));
    const normal = op('Div', centred, deviation);
    // Mean and variance move with x, which takes from g its mean and its part along the normalized channels.
    const scaled = layer.scale ? op('Mul', g, gamma) : g;
    const along = op('Mul', normal, mean(op('Mul', scaled, normal)));
    const byInput = op('Div', op('Sub', op('Sub', scaled, mean(scaled)), along), deviation);
    const sum = (value: Name) =>
      graph.node('ReduceSum', [value, graph.integers([...Array(axis).keys()])], { keepdims: { int: 0 } });
    return {
      inputs: [{ ...x, name: byInput }],
      weights: {
        ...(layer.scale ? { gamma: sum(op('Mul', g, normal)) } : {}),
        ...(layer.center ? { beta: sum(g) } : {}),
      },
    };
  };
  return { output: { ...x, name }, backward };
}

/** (x - mean) / sqrt(variance), channel by channel. */
export function applyNormalization(
  { graph, weights }: Scope,
  _layer: NormalizationLayer,
  [x]: readonly Value[],
): Applied {
  const along = (role: Role) => alongChannels(graph, x, weights.get(role));
  const deviation = graph.node('Sqrt', [along('moving_variance')]);
  const centred = graph.node('Sub', [x.name, along('moving_mean')]);
  const backward = (gradient: Value) => {
    const g = inOrder(graph, gradient, x.order).name;
    return { inputs: [{ ...x, name: graph.node('Div', [g, deviation]) }] };
  };
  return { output: { ...x, name: graph.node('Div', [centred, deviation]) }, backward };
}

/** One number per channel laid along the channels of a tensor. */
function alongChannels(graph: GraphBuilder, x: Value, weight: Name): Name {
  const after = x.shape.length - channelAxis(x);
  return after === 0 ? weight : graph.node('Reshape', [weight, graph.integers([-1, ...Array<number>(after).fill(1)])]);
}
