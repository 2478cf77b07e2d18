/** The process that tries a device: its driver may end it, and what the driver writes is read by its parent. */
import { deviceNames } from '../../core/engine-choice.js';
import { INPUT, inferenceModel, OUTPUT } from '../onnx/inference-model.js';
import { Tensor } from '../onnx/runtime.js';
import { openSession } from '../onnx/session.js';
import { graph, ROW, weights } from '../unit-network.js';
import type { TryResponse } from './find.js';

async function answer(): Promise<TryResponse> {
  try {
    const name = deviceNames.find((one) => one === process.argv[2])!;
    const session = await openSession(inferenceModel(graph, weights), 1, 'all', { name });
    const outputs = await session.run({ [INPUT]: new Tensor('float32', ROW, [1, 3]) });
    return { kind: 'computed', value: (outputs[OUTPUT].data as Float32Array)[0] };
  } catch (error) {
    return { kind: 'failed', message: String(error instanceof Error ? (error.cause ?? error) : error) };
  }
}

// Drivers end a process badly at times, when everything is known.
void answer().then((response) => process.send?.(response, () => process.kill(process.pid, 'SIGKILL')));
