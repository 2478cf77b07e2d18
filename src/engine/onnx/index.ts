/** The default engine: layer graphs compiled to ONNX and run by onnxruntime. */
import { availableParallelism } from 'node:os';
import { failure } from '../../core/problem.js';
import type { Digest } from '../../core/digest.js';
import { deviceText, type DeviceUse } from '../../core/engine-choice.js';
import type { Engine, NoteOnce } from '../engine.js';
import { onnxIdentity } from './identity.js';

export interface OnnxOptions {
  /** Threads of inference; as many as there are cores if it is left out. No result depends on it. */
  readonly threads?: number;
  /** What it computes on; the processor if it is left out. */
  readonly device?: DeviceUse;
  readonly note?: NoteOnce;
}

const compared = new Set<Digest>();

/** Makes the engine. Throws `stage-failed` if onnxruntime-node lacks its binary for this machine. */
export async function createOnnxEngine({
  threads = availableParallelism(),
  device,
  note = () => undefined,
}: OnnxOptions = {}): Promise<Engine> {
  const identity = onnxIdentity();
  if (identity === undefined) {
    throw failure('stage-failed', {
      code: 'no-onnxruntime',
      found: `onnxruntime-node has no binary for ${process.platform}-${process.arch} here`,
      remedy: 'reinstall onnxruntime-node, or use `engine: tfjs`',
    });
  }
  // Loaded now that it is known to be there: these load the library itself.
  const { openRunner } = await import('./runner.js');
  const { openTrainer } = await import('./trainer.js');
  const { sessionDeviceOf } = await import('./device-session.js');
  const { runLiterally } = await import('./literal-model.js');
  const onDevice = device && sessionDeviceOf(device, note);
  return {
    identity: { ...identity, ...(onDevice && { backend: device.backend }) },
    ...(onDevice && {
      device: {
        text: deviceText(device.backend),
        compileOnCpu: (graph, weights) => openRunner(graph, weights, threads),
        note,
      },
    }),
    compared,
    compile: (graph, weights) => openRunner(graph, weights, threads, onDevice),
    everyLayer: (graph, weights, input) => runLiterally(graph, weights, input, threads),
    train: (program) => openTrainer(program, false, onDevice),
    trainLiterally: (program) => openTrainer(program, true),
  };
}
