/** Dense: y = activation(x W + b) over the last axis, as Keras has it for any rank. */
import type { DenseLayer } from '../../../model/graph.js';
import { applyActivation } from './activation.js';
import { type Applied, inOrder, type Scope, type Value } from './rule.js';

/** Gradients of the product, for rows x (n x in) and g (n x units): W by x^T g, b by the sum of g's rows, x by g W^T. */
export function applyDense({ graph, weights }: Scope, layer: DenseLayer, [input]: readonly Value[]): Applied {
  const { shape } = inOrder(graph, input, 'last');
  const outputShape = [...shape.slice(0, -1), layer.units];
  /** Rows of the last axis, whatever comes before it: Gemm takes matrices only. */
  const rows = (value: Value) => asRows(graph, inOrder(graph, value, 'last'));
  const unrows = (name: string, like: readonly number[]): Value => {
    const image = like.length === 1 ? name : graph.node('Reshape', [name, graph.integers([-1, ...like])]);
    return { name: image, shape: like, order: 'last' };
  };

  const x = rows(input);
  const kernel = weights.get('kernel');
  const product = graph.node('Gemm', layer.useBias ? [x, kernel, weights.get('bias')] : [x, kernel]);
  const activated = applyActivation(graph, layer.activation, unrows(product, outputShape));

  const backward = (gradient: Value) => {
    const g = rows(activated.backward(gradient).inputs[0]);
    const byInput = unrows(graph.node('Gemm', [g, kernel], { transB: { int: 1 } }), shape);
    const byKernel = graph.node('Gemm', [x, g], { transA: { int: 1 } });
    const byBias = graph.node('ReduceSum', [g, graph.integers([0])], { keepdims: { int: 0 } });
    return { inputs: [byInput], weights: { kernel: byKernel, ...(layer.useBias ? { bias: byBias } : {}) } };
  };
  return { output: activated.output, backward };
}

function asRows(graph: Scope['graph'], value: Value): string {
  if (value.shape.length === 1) return value.name;
  return graph.node('Reshape', [value.name, graph.integers([-1, value.shape[value.shape.length - 1]])]);
}
