/** Activations, alone or at the end of another layer. Every gradient is computed from the output alone. */
import type { Activation } from '../../../model/graph.js';
import type { GraphBuilder, Name } from '../builder.js';
import { channelAxis, inOrder, type Value } from './rule.js';

export function applyActivation(graph: GraphBuilder, activation: Activation, input: Value) {
  const output: Value = { ...input, name: forward(graph, activation, input) };
  const backward = (gradient: Value) => {
    const { name } = inOrder(graph, gradient, output.order);
    return { inputs: [{ ...output, name: derivative(graph, activation, output, name) }] };
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
  }
}

/** The gradient by the input, given y (the output) and the gradient g by it; both in one order. */
function derivative(graph: GraphBuilder, activation: Activation, output: Value, g: Name): Name {
  const y = output.name;
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
  }
}
