/** Inference over a frozen network: the weights are constants of the ONNX file, so that onnxruntime can arrange them once. */
import { Tensor } from 'onnxruntime-node';
import type { Graph } from '../../model/graph.js';
import type { Weights } from '../../model/tensor.js';
import { sizeOf } from '../../model/tensor.js';
import type { Runner } from '../engine.js';
import { GraphBuilder } from './builder.js';
import { foldBatchNorm } from './fold.js';
import { inOrder } from './layers/rule.js';
import type { Model } from './model-file.js';
import { inputOf, layOut } from './network.js';
import { openSession } from './session.js';

/** Larger batches gain no speed and keep more memory. */
const LARGEST_BATCH = 32;

const INPUT = 'input';
const OUTPUT = 'output';

/** Compiles a network for inference. The same model is what `export` writes as `.onnx`. */
export function inferenceModel(graph: Graph, weights: Weights): Model & { readonly outputShape: readonly number[] } {
  const folded = foldBatchNorm(graph, weights, () => true);
  const builder = new GraphBuilder();
  const input = inputOf(builder, folded.graph, INPUT);
  const options = { weights: folded.weights, variables: new Set<string>(), training: false, batchStatistics: false };
  const steps = layOut(builder, folded.graph, input, options);
  const output = inOrder(builder, steps.at(-1)?.applied.output ?? input, 'last');
  builder.batchOutput(OUTPUT, output.name, output.shape);
  return { ...builder.build(graph.name), outputShape: output.shape };
}

export async function openRunner(graph: Graph, weights: Weights, threads: number): Promise<Runner> {
  const model = inferenceModel(graph, weights);
  const inputShape = model.inputs[0].dims.slice(1).map(Number);
  const [inputSize, outputSize] = [sizeOf(inputShape), sizeOf(model.outputShape)];
  const session = await openSession(model, threads);
  return {
    async run(inputs, count) {
      const outputs = new Float32Array(count * outputSize);
      for (let from = 0; from < count; from += LARGEST_BATCH) {
        const to = Math.min(from + LARGEST_BATCH, count);
        const batch = new Tensor('float32', inputs.subarray(from * inputSize, to * inputSize), [to - from, ...inputShape]);
        const place = outputs.subarray(from * outputSize, to * outputSize);
        await session.run({ [INPUT]: batch }, { [OUTPUT]: new Tensor('float32', place, [to - from, ...model.outputShape]) });
      }
      return outputs;
    },
    dispose() {
      void session.release();
    },
  };
}
