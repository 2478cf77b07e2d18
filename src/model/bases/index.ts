/** The pretrained networks that can be named: where their layers come from and how they want their pixels. */
import type { Graph } from '../graph.js';
import type { PreprocessingMode } from '../preprocessing.js';
import { vgg16 } from './vgg16.js';

export type Architecture = 'vgg16' | 'mobilenet_v2' | 'compact32' | 'layers_model';

export interface Base {
  /** Built by code; null where the file of weights brings its layers. */
  readonly graph: Graph | null;
  /** What the network was trained with; null where nobody but the user knows. */
  readonly preprocessing: PreprocessingMode | null;
  /** The model.json that ships with this package, from its root. */
  readonly file?: string;
}

export const bases: Readonly<Record<Architecture, Base>> = {
  vgg16: { graph: vgg16(), preprocessing: 'caffe' },
  mobilenet_v2: { graph: null, preprocessing: 'tf' },
  compact32: { graph: null, preprocessing: 'tf', file: 'examples/base/model.json' },
  layers_model: { graph: null, preprocessing: null },
};
