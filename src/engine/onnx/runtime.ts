/** The only place that loads onnxruntime. */
import { isMainThread } from 'node:worker_threads';
import type * as Library from 'onnxruntime-node';
import { failure } from '../../core/problem.js';
import { onnxruntimePackage } from './library.js';
import { disableTelemetry, TELEMETRY_SWITCH } from './telemetry.js';

if (!isMainThread && process.env[TELEMETRY_SWITCH] !== '1') {
  throw failure('stage-failed', {
    code: 'telemetry-on',
    found: 'onnxruntime would send telemetry: a worker thread cannot turn it off',
    remedy: `set ${TELEMETRY_SWITCH}=1 in the environment before the process starts, or use engine: tfjs`,
  });
}
disableTelemetry();

// Not a static import, which would load the library before the line above.
const { name } = onnxruntimePackage() ?? { name: 'onnxruntime-node' };
const library = (await import(name)) as typeof Library;

export const { InferenceSession, Tensor } = library;
export type InferenceSession = Library.InferenceSession;
export type SessionOptions = Library.InferenceSession.SessionOptions;
export type Tensor = Library.Tensor;
