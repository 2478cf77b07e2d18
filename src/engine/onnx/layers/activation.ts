/** Activations, alone or at the end of another layer. Gradients are computed from the output where it is enough. */
import type { Activation } from '../../../model/graph.js';
import { selu } from '../../../model/layer-types.js';
import type { GraphBuilder, Name } from '../builder.js';
import { channelAxis, inOrder, type Value } from './rule.js';

export function applyActivation(graph: GraphBuilder, activation: Activation, input: Value) {
  const output: Value = { ...input, name: forward(graph, activation, input) };
  const backward = (gradient: Value) => {
    const { name } = inOrder(graph, gradient, output.order);
    return { inputs: [{ ...output, name: derivative(graph, activation, input, output, name) }] };
  };
  return { output, backward };
}

function forward(graph: GraphBuilder, activation: Activation, input: Value): Name {
  switch (activation) {
    case 'linear':
      return input.name;
    case 'relu':
      return graph.node('Relu', [input.name]);
    case 'relu6':
      return graph.node('Clip', [input.name, graph.scalar(0), graph.scalar(6)]);
    case 'sigmoid':
      return graph.node('Sigmoid', [input.name]);
    case 'tanh':
      return graph.node('Tanh', [input.name]);
    case 'softmax':
      return graph.node('Softmax', [input.name], { axis: { int: channelAxis(input) } });
    case 'silu':
      return graph.node('Mul', [input.name, graph.node('Sigmoid', [input.name])]);
    case 'gelu': // x Phi(x); runtimes know this form as one operator
      return graph.node('Mul', [graph.node('Mul', [input.name, onePlusErf(graph, input.name)]), graph.scalar(0.5)]);
    case 'hard_silu':
      return graph.node('Mul', [input.name, hardSigmoid(graph, input.name)]);
    case 'elu':
      return graph.node('Elu', [input.name], { alpha: { float: 1 } });
    case 'selu':
      return graph.node('Selu', [input.name], { alpha: { float: selu.alpha }, gamma: { float: selu.scale } });
    case 'mish':
      return graph.node('Mul', [input.name, tanhOfSoftplus(graph, input.name)]);
  }
}

/** 1 + erf(x / sqrt(2)), which is twice the share of a standard normal below x. */
function onePlusErf(graph: GraphBuilder, x: Name): Name {
  const erf = graph.node('Erf', [graph.node('Div', [x, graph.scalar(Math.SQRT2)])]);
  return graph.node('Add', [erf, graph.scalar(1)]);
}

/** What mish multiplies x by. */
function tanhOfSoftplus(graph: GraphBuilder, x: Name): Name {
  return graph.node('Tanh', [graph.node('Softplus', [x])]);
}

/** relu6(x + 3) / 6 */
function hardSigmoid(graph: GraphBuilder, x: Name): Name {
  return graph.node('HardSigmoid', [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });
}

/** The gradient by the input x, given y (the output) and the gradient g by it; all in one order. */
function derivative(graph: GraphBuilder, activation: Activation, input: Value, output: Value, g: Name): Name {
  const x = input.name;
  const y = output.name;
  const op = (name: string, ...operands: Name[]) => graph.node(name, operands);
  const where = (condition: Name) => graph.node('Where', [condition, g, graph.scalar(0)]);
  const positive = () => graph.node('Greater', [y, graph.scalar(0)]);
  switch (activation) {
    case 'linear':
      return g;
    case 'relu':
      return where(positive());
    case 'relu6':
      return where(graph.node('And', [positive(), graph.node('Less', [y, graph.scalar(6)])]));
    case 'sigmoid': // g y (1 - y)
      return graph.node('Mul', [g, graph.node('Mul', [y, graph.node('Sub', [graph.scalar(1), y])])]);
    case 'tanh': // g (1 - y^2)
      return graph.node('Mul', [g, graph.node('Sub', [graph.scalar(1), graph.node('Mul', [y, y])])]);
    case 'softmax': {
      // y (g - sum(g y))
      const axes = graph.integers([channelAxis(output)]);
      const total = graph.node('ReduceSum', [graph.node('Mul', [g, y]), axes], { keepdims: { int: 1 } });
      return graph.node('Mul', [y, graph.node('Sub', [g, total])]);
    }
    case 'silu': {
      // g (s + y (1 - s)), with s = sigmoid(x)
      const s = op('Sigmoid', x);
      return op('Mul', g, op('Add', s, op('Mul', y, op('Sub', graph.scalar(1), s))));
    }
    case 'gelu': {
      // g (Phi(x) + x phi(x)), with phi(x) = exp(-x^2 / 2) / sqrt(2 pi)
      const bell = op('Exp', op('Mul', op('Mul', x, x), graph.scalar(-0.5)));
      const density = op('Mul', bell, graph.scalar(1 / Math.sqrt(2 * Math.PI)));
      return op('Mul', g, op('Add', op('Mul', onePlusErf(graph, x), graph.scalar(0.5)), op('Mul', x, density)));
    }
    case 'elu': // g where y > 0, else g (y + 1)
      return op('Where', positive(), g, op('Mul', g, op('Add', y, graph.scalar(1))));
    case 'selu': {
      // g scale where y > 0, else g (y + scale alpha)
      const { alpha, scale } = selu;
      const slope = op('Where', positive(), graph.scalar(scale), op('Add', y, graph.scalar(scale * alpha)));
      return op('Mul', g, slope);
    }
    case 'mish': {
      // g (t + x s (1 - t^2)), with t = tanh(softplus(x)) and s = sigmoid(x), the slope of softplus
      const t = tanhOfSoftplus(graph, x);
      const slope = op('Mul', op('Sigmoid', x), op('Sub', graph.scalar(1), op('Mul', t, t)));
      return op('Mul', g, op('Add', t, op('Mul', x, slope)));
    }
    case 'hard_silu': {
      // g (h + x / 6 where h, the hard sigmoid, is between 0 and 1)
      const h = hardSigmoid(graph, x);
      const inside = op('And', op('Greater', h, graph.scalar(0)), op('Less', h, graph.scalar(1)));
      const slope = op('Where', inside, op('Mul', x, graph.scalar(1 / 6)), graph.scalar(0));
      return op('Mul', g, op('Add', h, slope));
    }
  }
}
