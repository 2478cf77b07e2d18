/** A network whose weights are constants of the ONNX file, so that onnxruntime can arrange them once. */
import type { Graph } from '../../model/graph.js';
import type { Weights } from '../../model/tensor.js';
import { GraphBuilder } from './builder.js';
import { foldBatchNorm } from './fold.js';
import { inOrder } from './layers/rule.js';
import type { Model } from './model-file.js';
import { inputOf, layOut } from './network.js';

/** The names under which a compiled network takes its images and gives its results. */
export const INPUT = 'input';
export const OUTPUT = 'output';

/**
 * Compiles a network for this engine's own use: one float32 input, N images in Keras's order, and one output.
 * Without `winograd` no convolution is computed in tiles: those are faster on the processor alone.
 */
export function inferenceModel(graph: Graph, weights: Weights, winograd = true): Model {
  const folded = foldBatchNorm(graph, weights, () => true);
  const builder = new GraphBuilder();
  const input = inputOf(builder, folded.graph, INPUT);
  const options = { weights: folded.weights, variables: new Set<string>(), training: false, winograd };
  const steps = layOut(builder, folded.graph, input, options);
  const output = inOrder(builder, steps.at(-1)?.applied.output ?? input, 'last');
  builder.batchOutput(OUTPUT, output.name, output.shape);
  return builder.build(graph.name);
}
