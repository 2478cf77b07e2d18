/** The process that tries a device: its driver may end it, and what the driver writes is read by its parent. */
import { deviceNames } from '../../core/engine-choice.js';
import type { Graph } from '../../model/graph.js';
import type { Weights } from '../../model/tensor.js';
import { INPUT, inferenceModel, OUTPUT } from '../onnx/inference-model.js';
import { Tensor } from '../onnx/runtime.js';
import { openSession } from '../onnx/session.js';
import type { TryResponse } from './find.js';

/** sigmoid(x · [1, -2, 3] + 0.5), which is {@link EXPECTED} for the row below. */
const graph: Graph = {
  name: 'device',
  layers: [
    { kind: 'input', name: 'row', inputs: [], trainable: false, shape: [3] },
    { kind: 'dense', name: 'unit', inputs: ['row'], trainable: false, units: 1, useBias: true, activation: 'sigmoid' },
  ],
};
const weights: Weights = new Map([
  ['unit/kernel', { shape: [3, 1], data: Float32Array.of(1, -2, 3) }],
  ['unit/bias', { shape: [1], data: Float32Array.of(0.5) }],
]);

async function answer(): Promise<TryResponse> {
  try {
    const name = deviceNames.find((one) => one === process.argv[2])!;
    const session = await openSession(inferenceModel(graph, weights), 1, 'all', { name });
    const outputs = await session.run({ [INPUT]: new Tensor('float32', Float32Array.of(0.5, 0.25, -0.5), [1, 3]) });
    return { kind: 'computed', value: (outputs[OUTPUT].data as Float32Array)[0] };
  } catch (error) {
    return { kind: 'failed', message: String(error instanceof Error ? (error.cause ?? error) : error) };
  }
}

// Drivers end a process badly at times, when everything is known.
void answer().then((response) => process.send?.(response, () => process.kill(process.pid, 'SIGKILL')));
