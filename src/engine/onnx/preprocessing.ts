/**
 * Preprocessing as ONNX nodes: the arithmetic of `preprocess` in src/model, step by step in float32, so that not a bit
 * differs.
 */
import {
  caffeMean,
  torchDeviation,
  torchMean,
  type Normalization,
  type Preprocessing,
} from '../../model/preprocessing.js';
import type { GraphBuilder, Name } from './builder.js';
import { dataTypes } from './model-file.js';

/** From levels of 0 to 255, of any type, RGB with the channels last, to the network's input. */
export function preprocessingNodes(graph: GraphBuilder, pixels: Name, preprocessing: Preprocessing): Name {
  const levels = graph.node('Cast', [pixels], { to: { int: dataTypes.float32 } });
  if (preprocessing.kind === 'rescale') return graph.node('Mul', [levels, graph.scalar(preprocessing.factor)]);
  if (preprocessing.kind === 'normalize') return normalized(graph, levels, preprocessing);
  const perChannel = (name: string, values: readonly number[]) => graph.constant(name, [3], Float32Array.from(values));
  switch (preprocessing.mode) {
    case 'none':
      return levels;
    case 'tf':
      return graph.node('Sub', [graph.node('Div', [levels, graph.scalar(127.5)]), graph.scalar(1)]);
    case 'caffe': {
      const bgr = graph.node('Gather', [levels, graph.integers([2, 1, 0])], { axis: { int: 3 } });
      return graph.node('Sub', [bgr, perChannel('mean', [caffeMean.blue, caffeMean.green, caffeMean.red])]);
    }
    case 'torch': {
      const share = graph.node('Div', [levels, graph.scalar(255)]);
      const centred = graph.node('Sub', [share, perChannel('mean', torchMean)]);
      return graph.node('Div', [centred, perChannel('deviation', torchDeviation)]);
    }
  }
}

function normalized(graph: GraphBuilder, levels: Name, { scale, mean, std, channels }: Normalization): Name {
  const ordered =
    channels === 'rgb' ? levels : graph.node('Gather', [levels, graph.integers([2, 1, 0])], { axis: { int: 3 } });
  const scaled = graph.node('Mul', [ordered, graph.scalar(scale)]);
  const centered = graph.node('Sub', [scaled, graph.constant('mean', [3], Float32Array.from(mean))]);
  return graph.node('Div', [centered, graph.constant('deviation', [3], Float32Array.from(std))]);
}
