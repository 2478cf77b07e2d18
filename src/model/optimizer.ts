/**
 * The optimizers' formulas, Keras 3's, in plain numbers. Engines run the same arithmetic on their own tensors and
 * are tested against this file.
 *
 * Source: keras/src/optimizers/{sgd,rmsprop,adam}.py. Adam's epsilon is added to the root of the uncorrected second
 * moment, which TF.js does otherwise; the momentum buffer holds the learning rate, so a changed rate acts at once.
 */

/** Hyper-parameters under Keras's names; the learning rate comes with each step. */
export type Optimizer =
  | { readonly kind: 'sgd'; readonly momentum: number; readonly nesterov: boolean }
  | { readonly kind: 'rmsprop'; readonly rho: number; readonly momentum: number; readonly epsilon: number }
  | { readonly kind: 'adam'; readonly beta1: number; readonly beta2: number; readonly epsilon: number };

/** How many buffers of a weight's own size the optimizer keeps. */
export function slotCount(optimizer: Optimizer): number {
  switch (optimizer.kind) {
    case 'sgd':
      return optimizer.momentum > 0 ? 1 : 0;
    case 'rmsprop':
      return optimizer.momentum > 0 ? 2 : 1;
    case 'adam':
      return 2;
  }
}

/** The full name of one of a weight's buffers, counted from 0. */
export function slotName(weight: string, slot: number): string {
  return `slot-${slot}:${weight}`;
}

/** Adam's step size: the learning rate with both bias corrections, for step 1, 2, ... */
export function adamStepSize(
  optimizer: Extract<Optimizer, { kind: 'adam' }>,
  learningRate: number,
  step: number,
): number {
  return (learningRate * Math.sqrt(1 - optimizer.beta2 ** step)) / (1 - optimizer.beta1 ** step);
}

/** Updates `weight` and its `slots` in place by one step (counted from 1). */
export function updateInPlace(
  optimizer: Optimizer,
  weight: Float32Array,
  gradient: Float32Array,
  slots: readonly Float32Array[],
  learningRate: number,
  step: number,
): void {
  switch (optimizer.kind) {
    case 'sgd':
      return updateSgd(optimizer, weight, gradient, slots, learningRate);
    case 'rmsprop':
      return updateRmsprop(optimizer, weight, gradient, slots, learningRate);
    case 'adam':
      return updateAdam(optimizer, weight, gradient, slots, adamStepSize(optimizer, learningRate, step));
  }
}

function updateSgd(
  { momentum, nesterov }: Extract<Optimizer, { kind: 'sgd' }>,
  weight: Float32Array,
  gradient: Float32Array,
  [velocity]: readonly Float32Array[],
  rate: number,
): void {
  for (let i = 0; i < weight.length; i++) {
    const pull = rate * gradient[i];
    if (momentum === 0) {
      weight[i] -= pull;
      continue;
    }
    velocity[i] = velocity[i] * momentum - pull;
    weight[i] += nesterov ? velocity[i] * momentum - pull : velocity[i];
  }
}

function updateRmsprop(
  { rho, momentum, epsilon }: Extract<Optimizer, { kind: 'rmsprop' }>,
  weight: Float32Array,
  gradient: Float32Array,
  [square, velocity]: readonly Float32Array[],
  rate: number,
): void {
  for (let i = 0; i < weight.length; i++) {
    square[i] = rho * square[i] + (1 - rho) * gradient[i] ** 2;
    const pull = (rate * gradient[i]) / Math.sqrt(square[i] + epsilon);
    if (momentum === 0) {
      weight[i] -= pull;
      continue;
    }
    velocity[i] = momentum * velocity[i] + pull;
    weight[i] -= velocity[i];
  }
}

function updateAdam(
  { beta1, beta2, epsilon }: Extract<Optimizer, { kind: 'adam' }>,
  weight: Float32Array,
  gradient: Float32Array,
  [first, second]: readonly Float32Array[],
  stepSize: number,
): void {
  for (let i = 0; i < weight.length; i++) {
    first[i] += (gradient[i] - first[i]) * (1 - beta1);
    second[i] += (gradient[i] ** 2 - second[i]) * (1 - beta2);
    weight[i] -= (stepSize * first[i]) / (Math.sqrt(second[i]) + epsilon);
  }
}
