/** The losses of `model/loss.ts` as ONNX nodes, with their gradients by the logits. */
import type { Loss } from '../../model/loss.js';
import type { GraphBuilder, Name } from './builder.js';

export interface LossNodes {
  /** A scalar: the sum over the rows of share times loss. */
  readonly loss: Name;
  /** By the logits, of their shape. */
  readonly gradient: Name;
  /** Sigmoid or softmax of the logits. */
  readonly predictions: Name;
}

/** Logits and targets are N x units; `share` is N x 1, each row's sample weight divided by N. */
export function lossNodes(
  builder: GraphBuilder,
  loss: Loss,
  logits: Name,
  targets: Name,
  share: Name,
  units: number,
): LossNodes {
  const node = builder.node.bind(builder);
  const binary = loss === 'binary_crossentropy';
  const predictions = binary ? node('Sigmoid', [logits]) : node('Softmax', [logits], { axis: { int: 1 } });
  const rows = binary ? binaryRows(builder, logits, targets) : softmaxRows(builder, logits, targets);
  const rowShare = binary ? node('Div', [share, builder.scalar(units)]) : share;
  return {
    loss: node('ReduceSum', [node('Mul', [share, rows])], { keepdims: { int: 0 } }),
    gradient: node('Mul', [node('Sub', [predictions, targets]), rowShare]),
    predictions,
  };
}

/** max(x, 0) - x t + log(1 + exp(-|x|)), the mean over the units; N x 1. */
function binaryRows(builder: GraphBuilder, x: Name, targets: Name): Name {
  const node = builder.node.bind(builder);
  const hinge = node('Sub', [node('Relu', [x]), node('Mul', [x, targets])]);
  const rest = node('Log', [node('Add', [builder.scalar(1), node('Exp', [node('Neg', [node('Abs', [x])])])])]);
  return node('ReduceMean', [node('Add', [hinge, rest])], { axes: { ints: [1] }, keepdims: { int: 1 } });
}

/** The sum over the classes of t (log(sum(exp(x))) - x), with the largest logit taken off first; N x 1. */
function softmaxRows(builder: GraphBuilder, x: Name, targets: Name): Name {
  const node = builder.node.bind(builder);
  const largest = node('ReduceMax', [x], { axes: { ints: [1] }, keepdims: { int: 1 } });
  const shifted = node('Sub', [x, largest]);
  const total = node('ReduceSum', [node('Exp', [shifted]), builder.integers([1])], { keepdims: { int: 1 } });
  const terms = node('Mul', [targets, node('Sub', [node('Log', [total]), shifted])]);
  return node('ReduceSum', [terms, builder.integers([1])], { keepdims: { int: 1 } });
}
