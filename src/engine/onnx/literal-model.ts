/**
 * A network as its layers define it, run by onnxruntime without optimization: the second opinion on what is compiled
 * for speed.
 */
import { type Graph, shapesOf } from '../../model/graph.js';
import type { Weights } from '../../model/tensor.js';
import { GraphBuilder } from './builder.js';
import { INPUT } from './inference-model.js';
import { inOrder } from './layers/rule.js';
import type { Model } from './model-file.js';
import { inputOf, layOut } from './network.js';
import { Tensor } from './runtime.js';
import { openLiterally, openSession } from './session.js';

/** Nothing is folded, each layer is an operator of its own, and every layer's output goes out. */
function literalModel(graph: Graph, weights: Weights): Model {
  const builder = new GraphBuilder();
  const input = inputOf(builder, graph, INPUT);
  const options = {
    weights,
    variables: new Set<string>(),
    training: false,
    normalizationOperator: true,
    literal: true,
  };
  for (const { layer, applied } of layOut(builder, graph, input, options)) {
    const { name, shape } = inOrder(builder, applied.output, 'last');
    builder.batchOutput(outputName(layer.name), name, shape);
  }
  return builder.build(`${graph.name}-literal`);
}

/** What each layer outputs for one input, by name; the input under its own. */
export async function runLiterally(
  graph: Graph,
  weights: Weights,
  input: Float32Array,
  threads: number,
): Promise<Map<string, Float32Array>> {
  const [first, ...layers] = graph.layers;
  const model = literalModel(graph, weights);
  const session = await openLiterally((optimization) => openSession(model, threads, optimization));
  try {
    const outputs = await session.run({
      [INPUT]: new Tensor('float32', input, [1, ...shapesOf(graph).get(first.name)!]),
    });
    return new Map([
      [first.name, input],
      ...layers.map(({ name }) => [name, outputs[outputName(name)].data as Float32Array] as const),
    ]);
  } finally {
    await session.release();
  }
}

function outputName(layer: string): string {
  return `layer:${layer}`;
}
