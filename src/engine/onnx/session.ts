/** Opens models in onnxruntime to compute with, always with the same options. */
import { encodeModel, type Model } from './model-file.js';
import { openOnDevice, type Session, type SessionDevice } from './device-session.js';
import { InferenceSession, type SessionOptions } from './runtime.js';

/**
 * Whether onnxruntime may join and rearrange operators; `disabled` is the reference, two to five times slower. `basic`
 * stands in for it.
 */
export type Optimization = 'all' | 'basic' | 'disabled';

/**
 * Opens without optimization, or with the least that works: some files that were converted to float16 have casts that
 * onnxruntime cannot arrange otherwise.
 */
export function openLiterally<Opened>(open: (optimization: Optimization) => Promise<Opened>): Promise<Opened> {
  return open('disabled').catch(() => open('basic'));
}

/** Opens a session of a compiled model. */
export function openSession(
  model: Model,
  threads: number,
  optimization: Optimization = 'all',
  device?: SessionDevice,
): Promise<Session> {
  return openFile(encodeModel(model), threads, optimization, device);
}

/**
 * Opens a session of the bytes of a file that computes on `threads` threads, or on a device.
 *
 * Memory patterns are off: they keep a plan for each batch size that is met, and sizes vary here. Threads that wait do
 * not spin: spinning takes the cores from decoding, and was slower on any machine that had something else to do.
 * What goes wrong is thrown; its logger would write it between our lines as well, so only fatal errors are logged.
 * `session.set_denormal_as_zero` stays off: it changes the arithmetic of JavaScript in this thread as well.
 */
export function openFile(
  bytes: Uint8Array,
  threads: number,
  optimization: Optimization = 'all',
  device?: SessionDevice,
): Promise<Session> {
  const open = (options: SessionOptions): Promise<InferenceSession> =>
    InferenceSession.create(bytes, {
      graphOptimizationLevel: optimization,
      executionMode: 'sequential',
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      enableMemPattern: false,
      logSeverityLevel: 4,
      // These bytes were checked as ONNX. Without this option, onnxruntime would also accept its own format.
      extra: { session: { intra_op: { allow_spinning: '0' }, load_model_format: 'ONNX' } },
      ...options,
    });
  return device === undefined ? open({ executionProviders: ['cpu'] }) : openOnDevice(device, open);
}

/** How many images a file takes in one run: as many as its input says, or any number. */
export function imagesAtOnce(session: Pick<InferenceSession, 'inputMetadata'>): number {
  const [input] = session.inputMetadata;
  const rows = input?.isTensor === true ? input.shape[0] : undefined;
  return typeof rows === 'number' && rows > 0 ? rows : Infinity;
}
