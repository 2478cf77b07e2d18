/** What the thread that reads one of Keras's files is asked, and answers. */
import type { Digest } from '../../core/digest.js';
import type { FailureParts } from '../../core/problem.js';
import type { Graph } from '../graph.js';
import type { Weights } from '../tensor.js';
import type { H5Options } from './read-h5.js';

export interface KerasModel {
  readonly graph?: Graph;
  readonly weights: Weights;
  readonly passed?: readonly string[];
  /** Of the file. */
  readonly digest: Digest;
}

export interface ReadTask {
  readonly path: string;
  readonly format: 'hdf5' | 'zip';
  readonly options: H5Options;
}

export type ReadAnswer = { readonly model: KerasModel } | { readonly failure: FailureParts };
