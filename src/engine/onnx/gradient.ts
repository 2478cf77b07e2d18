/** Reverse-mode differentiation over the layers: each rule gives its part, this file walks and adds up. */
import { layerOfWeight } from '../../model/tensor.js';
import type { GraphBuilder, Name } from './builder.js';
import type { Gradients, Value } from './layers/rule.js';
import { plus } from './layers/combining.js';
import type { Step } from './network.js';

/**
 * Adds nodes for the gradients of all weights that `learned` accepts, given the gradient by the last step's output.
 * Returns them by the weights' full names.
 */
export function backpropagate(
  builder: GraphBuilder,
  steps: readonly Step[],
  outputGradient: Value,
  learned: ReadonlySet<string>,
): ReadonlyMap<string, Name> {
  const reached = layersToReach(steps, learned);
  const arrived = new Map<string, Value>([[steps[steps.length - 1].layer.name, outputGradient]]);
  const found = new Map<string, Name>();
  for (const { layer, inputs, applied } of steps.toReversed()) {
    const gradient = arrived.get(layer.name);
    if (gradient === undefined || !reached.has(layer.name)) continue;
    const gradients: Gradients = applied.backward(gradient);
    for (const [role, value] of Object.entries(gradients.weights ?? {})) {
      const name = `${layer.name}/${role}`;
      if (value !== undefined && learned.has(name)) found.set(name, value);
    }
    inputs.forEach((name, i) => {
      const before = arrived.get(name);
      arrived.set(name, before === undefined ? gradients.inputs[i] : plus(builder, before, gradients.inputs[i]));
    });
  }
  return found;
}

/** Layers that learn, or come after one that does: no gradient is needed before them. */
function layersToReach(steps: readonly Step[], learned: ReadonlySet<string>): ReadonlySet<string> {
  const learners = new Set([...learned].map(layerOfWeight));
  const reached = new Set<string>();
  for (const { layer, inputs } of steps) {
    if (learners.has(layer.name) || inputs.some((name) => reached.has(name))) reached.add(layer.name);
  }
  return reached;
}
