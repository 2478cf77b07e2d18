/** The penalty of `model/penalty.ts` and the limits of `model/clipping.ts` as ONNX nodes. */
import type { Clipping } from '../../model/clipping.js';
import { isPenalized } from '../../model/penalty.js';
import type { GraphBuilder, Name } from './builder.js';

/** The loss with the penalty on these weights. */
export function withPenalty(builder: GraphBuilder, l2: number, loss: Name, learned: Iterable<string>): Name {
  if (l2 === 0) return loss;
  const squares = [...learned].filter(isPenalized).map((name) => sumOfSquares(builder, name));
  return squares.reduce(
    (sum, square) => builder.node('Add', [sum, builder.node('Mul', [square, builder.scalar(l2)])]),
    loss,
  );
}

/** Gradients as the optimizer is to have them, by weight: with the penalty's part, then clipped, in Keras's order. */
export function prepareGradients(
  builder: GraphBuilder,
  l2: number,
  clipping: Clipping | undefined,
  gradients: ReadonlyMap<string, Name>,
): ReadonlyMap<string, Name> {
  const penalized = new Map(
    [...gradients].map(([name, gradient]) => {
      if (l2 === 0 || !isPenalized(name)) return [name, gradient];
      return [name, builder.node('Add', [gradient, builder.node('Mul', [name, builder.scalar(2 * l2)])])];
    }),
  );
  return clipping === undefined ? penalized : clipped(builder, clipping, penalized);
}

function clipped(
  builder: GraphBuilder,
  { kind, limit }: Clipping,
  gradients: ReadonlyMap<string, Name>,
): ReadonlyMap<string, Name> {
  const each = (change: (gradient: Name) => Name) =>
    new Map([...gradients].map(([name, gradient]) => [name, change(gradient)]));
  const scaled = (gradient: Name, squares: Name) => {
    const norm = builder.node('Max', [builder.node('Sqrt', [squares]), builder.scalar(limit)]);
    return builder.node('Mul', [gradient, builder.node('Div', [builder.scalar(limit), norm])]);
  };
  switch (kind) {
    case 'clipvalue':
      return each((gradient) => builder.node('Clip', [gradient, builder.scalar(-limit), builder.scalar(limit)]));
    case 'clipnorm':
      return each((gradient) => scaled(gradient, sumOfSquares(builder, gradient)));
    case 'global_clipnorm': {
      const squares = [...gradients.values()].map((gradient) => sumOfSquares(builder, gradient));
      const all = squares.reduce((sum, square) => builder.node('Add', [sum, square]));
      return each((gradient) => scaled(gradient, all));
    }
  }
}

function sumOfSquares(builder: GraphBuilder, value: Name): Name {
  return builder.node('ReduceSumSquare', [value], { keepdims: { int: 0 } });
}
