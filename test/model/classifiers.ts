/** Small classifiers as stages hand them on, with made-up weights. */
import type { TrainedDocument } from '../../src/model/document.js';
import type { Activation, Graph } from '../../src/model/graph.js';
import type { Preprocessing } from '../../src/model/preprocessing.js';
import type { Weights } from '../../src/model/tensor.js';
import { everyLayer, madeUpWeights } from './graphs.js';

export interface Classifier {
  readonly document: TrainedDocument;
  readonly weights: Weights;
}

/** Every kind of layer, all but the last frozen, on images of 13 x 11. One unit is a sigmoid, more are a softmax. */
export function classifier(units: number, preprocessing: Preprocessing = { kind: 'mode', mode: 'tf' }): Classifier {
  const activation: Activation = units === 1 ? 'sigmoid' : 'softmax';
  const layers = everyLayer().layers.map((layer) =>
    layer.name === 'classes' && layer.kind === 'dense'
      ? { ...layer, units, activation }
      : { ...layer, trainable: false },
  );
  const graph: Graph = { name: 'classifier', layers };
  const document: TrainedDocument = {
    graph,
    preprocessing,
    weights: [],
    base: { architecture: 'layers_model', weights: 'made up' },
    classes: ['ant', 'bee', 'cat', 'dog'].slice(0, Math.max(units, 2)),
    image: { size: [13, 11], interpolation: 'bilinear', orientation: 'exif' },
  };
  return { document, weights: madeUpWeights(graph, 5) };
}
