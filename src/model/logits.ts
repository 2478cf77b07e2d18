/** The network up to its logits: losses are computed from what comes before the last sigmoid or softmax. */
import { type FinalActivation, lossOf } from '../core/head-rules.js';
import { failure } from '../core/problem.js';
import { type Graph, type Layer, outputOf } from './graph.js';
import type { Loss } from './loss.js';

const finalActivations: readonly FinalActivation[] = ['sigmoid', 'softmax'];

/**
 * The activation that a network ends in, be it that of a last dense layer or an activation layer of its own.
 * Throws `invalid` when it is not a sigmoid or softmax or, given a loss, not the one that belongs to it.
 */
export function finalActivationOf(graph: Graph, loss?: Loss): FinalActivation {
  const last = outputOf(graph);
  const activation = last.kind === 'dense' || last.kind === 'activation' ? last.activation : undefined;
  const accepted = finalActivations.filter((one) => loss === undefined || lossOf[one] === loss);
  const found = accepted.find((one) => one === activation);
  if (found !== undefined) return found;
  throw failure('invalid', {
    code: 'no-final-activation',
    where: `layer ${last.name}`,
    found: `the network ends in ${activation === undefined ? `a ${last.kind} layer` : `the activation ${activation}`}`,
    expected: `a last layer with the activation ${accepted.join(' or ')}${loss === undefined ? '' : `, for the loss ${loss}`}`,
    remedy: 'end the head with a classifier layer, or with a dense layer with that activation',
  });
}

/**
 * The same network without its final activation; its layers keep their names, and so do the weights.
 * Throws as {@link finalActivationOf}.
 */
export function logitsGraph(graph: Graph, loss?: Loss): Graph {
  finalActivationOf(graph, loss);
  const last = outputOf(graph);
  // An activation layer keeps its place too, as one that changes nothing.
  const linear: Layer = last.kind === 'dense' || last.kind === 'activation' ? { ...last, activation: 'linear' } : last;
  return { ...graph, layers: [...graph.layers.slice(0, -1), linear] };
}
