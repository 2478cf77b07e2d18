/** Inference with TF.js: a network and its weights, kept on one backend. */
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type Graph, outputOf, type Shape } from '../../model/graph.js';
import type { Tensor, Weights } from '../../model/tensor.js';
import type { Runner } from '../engine.js';
import { onBackend } from './backend.js';
import { forward } from './forward.js';
import type { TfjsBackend } from './identity.js';

export class TfjsRunner implements Runner {
  private readonly tensors: ReadonlyMap<string, TfTensor>;

  /** The backend must be started. The weights' arrays are copied, or must not change while the runner lives. */
  constructor(
    private readonly backend: TfjsBackend,
    private readonly graph: Graph,
    weights: Weights,
  ) {
    this.tensors = upload(backend, weights);
  }

  /**
   * The native backend is given one input at a time: libtensorflow sums in another order for another size of batch (its
   * dense layers always, its convolutions without oneDNN), and features are kept as numbers of one image alone.
   */
  async run(inputs: Float32Array, count: number): Promise<Float32Array> {
    if (this.backend !== 'node' || count === 1) return predict(this.backend, this.graph, this.tensors, inputs, count);
    const length = inputs.length / count;
    const outputs: Float32Array[] = [];
    for (let i = 0; i < count; i++) {
      outputs.push(
        await predict(this.backend, this.graph, this.tensors, inputs.subarray(i * length, (i + 1) * length), 1),
      );
    }
    const all = new Float32Array(count * outputs[0].length);
    outputs.forEach((output, i) => all.set(output, i * output.length));
    return all;
  }

  /**
   * The outputs of every layer by name, each with the batch as its first extent: for comparing engines layer by layer.
   */
  async runEveryLayer(inputs: Float32Array, count: number): Promise<Map<string, Tensor>> {
    const outputs = onBackend(this.backend, () => {
      const input = batchTensor(this.graph, inputs, count);
      return Object.fromEntries(forward(this.graph, input, { weights: this.tensors }, 'all'));
    });
    const read = new Map<string, Tensor>();
    for (const [name, tensor] of Object.entries(outputs)) {
      read.set(name, { shape: tensor.shape, data: Float32Array.from(await tensor.data()) });
    }
    tf.dispose(outputs);
    return read;
  }

  dispose(): void {
    for (const tensor of this.tensors.values()) tensor.dispose();
  }
}

/** Runs a whole network on a batch and reads its output. */
export async function predict(
  backend: TfjsBackend,
  graph: Graph,
  weights: ReadonlyMap<string, TfTensor>,
  inputs: Float32Array,
  count: number,
): Promise<Float32Array> {
  const output = onBackend(backend, () => {
    const outputs = forward(graph, batchTensor(graph, inputs, count), { weights }, 'last');
    return outputs.get(outputOf(graph).name)!;
  });
  try {
    const values = await output.data<'float32'>();
    // The plain JavaScript backend hands its own array out, which is the caller's input if no layer computes.
    return values.buffer === inputs.buffer ? values.slice() : values;
  } finally {
    output.dispose();
  }
}

/** Copies weights to the backend. */
export function upload(backend: TfjsBackend, weights: Weights): Map<string, TfTensor> {
  const tensors = onBackend(backend, () =>
    Object.fromEntries([...weights].map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape], 'float32')])),
  );
  return new Map(Object.entries(tensors));
}

/** A batch as the network's input takes it. */
export function batchTensor(graph: Graph, values: Float32Array, count: number): TfTensor {
  return tf.tensor(values, [count, ...inputShape(graph)], 'float32');
}

function inputShape(graph: Graph): Shape {
  const [input] = graph.layers;
  if (input.kind !== 'input') throw new Error(`the network ${graph.name} does not begin with an input layer`);
  return input.shape.map((extent) => {
    if (extent === null) throw new Error(`the network ${graph.name} has no input size`);
    return extent;
  });
}
