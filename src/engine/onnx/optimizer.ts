/** The optimizers of `model/optimizer.ts` as ONNX nodes, in the same order of operations. */
import type { Optimizer } from '../../model/optimizer.js';
import type { GraphBuilder, Name } from './builder.js';

export interface Updated {
  readonly weight: Name;
  readonly slots: readonly Name[];
}

/**
 * One step for a weight, or a part of one. `rate` is a scalar: the learning rate, for Adam with its bias corrections
 * (`adamStepSize`).
 */
export function updateNodes(
  builder: GraphBuilder,
  optimizer: Optimizer,
  weight: Name,
  gradient: Name,
  slots: readonly Name[],
  rate: Name,
): Updated {
  const op = arithmetic(builder);
  switch (optimizer.kind) {
    case 'sgd': {
      const pull = op.mul(rate, gradient);
      if (optimizer.momentum === 0) return { weight: op.sub(weight, pull), slots: [] };
      const velocity = op.sub(op.mul(slots[0], optimizer.momentum), pull);
      const move = optimizer.nesterov ? op.sub(op.mul(velocity, optimizer.momentum), pull) : velocity;
      return { weight: op.add(weight, move), slots: [velocity] };
    }
    case 'rmsprop': {
      const square = op.add(op.mul(slots[0], optimizer.rho), op.mul(op.mul(gradient, gradient), 1 - optimizer.rho));
      const pull = op.div(op.mul(rate, gradient), op.sqrt(op.add(square, optimizer.epsilon)));
      if (optimizer.momentum === 0) return { weight: op.sub(weight, pull), slots: [square] };
      const velocity = op.add(op.mul(slots[1], optimizer.momentum), pull);
      return { weight: op.sub(weight, velocity), slots: [square, velocity] };
    }
    case 'adam': {
      const first = op.add(slots[0], op.mul(op.sub(gradient, slots[0]), 1 - optimizer.beta1));
      const second = op.add(slots[1], op.mul(op.sub(op.mul(gradient, gradient), slots[1]), 1 - optimizer.beta2));
      const pull = op.div(op.mul(rate, first), op.add(op.sqrt(second), optimizer.epsilon));
      return { weight: op.sub(weight, pull), slots: [first, second] };
    }
  }
}

/** Arithmetic on values and plain numbers. */
function arithmetic(builder: GraphBuilder) {
  const operand = (value: Name | number) => (typeof value === 'number' ? builder.scalar(value) : value);
  const binary = (op: string) => (a: Name, b: Name | number) => builder.node(op, [a, operand(b)]);
  const sqrt = (a: Name) => builder.node('Sqrt', [a]);
  return { add: binary('Add'), sub: binary('Sub'), mul: binary('Mul'), div: binary('Div'), sqrt };
}
