/** What reading a model file gives. */
import type { Graph } from './graph.js';
import type { ReadFile } from './model-folder.js';
import type { Weights } from './tensor.js';

export interface ReadModel {
  /** Undefined if the file holds weights alone: then the network must be known. */
  readonly graph?: Graph;
  readonly weights: Weights;
  /** Layers that were left out, because they do nothing outside training. */
  readonly passed?: readonly string[];
  /** Every file that was read, the given one first. */
  readonly files: readonly ReadFile[];
}
