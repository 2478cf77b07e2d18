/** The only place that loads onnxruntime. */
import { createRequire } from 'node:module';
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

// Only now, as this loads the library; and no import, which reads its files twice more to find what they export.
const { name } = onnxruntimePackage() ?? { name: 'onnxruntime-node' };
const library = createRequire(import.meta.url)(name) as typeof Library;

export const { InferenceSession, Tensor } = library;
export type InferenceSession = Library.InferenceSession;
export type SessionOptions = Library.InferenceSession.SessionOptions;
export type Tensor = Library.Tensor;
