/**
 * The only place that loads onnxruntime. Its official builds for Linux and macOS send telemetry since 1.29, keep a
 * database of it in the home folder and open a file under a guessable name in `/tmp`. `ORT_DISABLE_TELEMETRY` ends all
 * of that, but only if the library finds it in the environment of the process before it is loaded.
 */
import { isMainThread } from 'node:worker_threads';
import type * as Library from 'onnxruntime-node';
import { failure } from '../../core/problem.js';
import { onnxruntimePackage } from './library.js';

const SWITCH = 'ORT_DISABLE_TELEMETRY';

// A worker thread has a copy of the environment: what it sets there, the library never sees.
if (!isMainThread && process.env[SWITCH] !== '1') {
  throw failure('stage-failed', {
    code: 'telemetry-on',
    found: 'onnxruntime would send telemetry: a worker thread cannot turn it off',
    remedy: `set ${SWITCH}=1 in the environment before the process starts, or use engine: tfjs`,
  });
}
process.env[SWITCH] = '1';

// Not a static import, which would load the library before the line above.
const { name } = onnxruntimePackage() ?? { name: 'onnxruntime-node' };
const library = (await import(name)) as typeof Library;

export const { InferenceSession, Tensor } = library;
export type InferenceSession = Library.InferenceSession;
export type SessionOptions = Library.InferenceSession.SessionOptions;
export type Tensor = Library.Tensor;
