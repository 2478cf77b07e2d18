/** Proves, tensor by tensor, that training changed no frozen weight. */
import { reportBug } from '../../core/package.js';
import { plainNames } from '../../core/text/names.js';
import { failure } from '../../core/problem.js';
import { usesBatchStatistics, type Graph } from '../../model/graph.js';
import { layerOfWeight, type Tensor, type Weights } from '../../model/tensor.js';
import { sameBits } from '../../model/tensor-bytes.js';

export interface Moved {
  readonly graph: Graph;
  /** The weights as the store has them: what the base was loaded with, or what an earlier training made of it. */
  readonly stored: Weights;
  /** The same in memory, as given to the engine. */
  readonly used: Weights;
  /** The weights after training. */
  readonly trained: Weights;
}

/**
 * Frozen layers keep all their weights; BatchNorm on stored statistics keeps those, even if it is trained. Throws
 * `stage-failed` with the names of those that differ in any bit.
 */
export function requireUnmoved({ graph, stored, used, trained }: Moved): void {
  const layers = new Map(graph.layers.map((layer) => [layer.name, layer]));
  const stays = (name: string): boolean => {
    const layer = layers.get(layerOfWeight(name));
    if (layer === undefined || !layer.trainable) return true;
    return layer.kind === 'batch_normalization' && name.includes('/moving_') && !usesBatchStatistics(layer);
  };
  const moved = [...stored].filter(([name, tensor]) => {
    return stays(name) && !(isSame(tensor, used.get(name)) && isSame(tensor, trained.get(name) ?? tensor));
  });
  if (moved.length === 0) return;
  throw failure('stage-failed', {
    code: 'frozen-weights-moved',
    found: `training changed frozen weights: ${plainNames(moved.map(([name]) => name))}`,
    expected: 'frozen weights equal to the loaded ones, bit for bit',
    remedy: reportBug(),
  });
}

function isSame(one: Tensor, other: Tensor | undefined): boolean {
  return other !== undefined && sameBits(one.data, other.data);
}
