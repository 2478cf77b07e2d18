/** Starts TF.js's backends and runs work on one of them: TF.js knows a single current backend for the whole process. */
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { failure } from '../../core/problem.js';
import type { TfjsBackend } from './identity.js';
import { correctWasmKernels } from './wasm-kernels.js';

const require = createRequire(import.meta.url);

/** The names under which the packages register themselves. */
const registered: Readonly<Record<TfjsBackend, string>> = { node: 'tensorflow', wasm: 'wasm', cpu: 'cpu' };

const load: Readonly<Record<TfjsBackend, () => Promise<void>>> = {
  async node() {
    // Its C++ would write advice on processors and rounding between our lines.
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
    // Not imported: the package is optional, and the compiler must not ask for its types.
    require('@tensorflow/tfjs-node');
  },
  async wasm() {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    // The binaries (SIMD and plain; the backend picks) lie beside the package's entry file.
    setWasmPaths(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) + sep);
    correctWasmKernels();
  },
  async cpu() {
    await import('@tensorflow/tfjs-backend-cpu');
  },
};

/** One start for each backend: TF.js takes a second one, begun while the first still loads, for a failure. */
const started = new Map<TfjsBackend, Promise<void>>();

/** Loads and starts a backend. Safe to call again. */
export function startBackend(backend: TfjsBackend): Promise<void> {
  const known = started.get(backend);
  if (known !== undefined) return known;
  const starting = start(backend);
  started.set(backend, starting);
  return starting;
}

async function start(backend: TfjsBackend): Promise<void> {
  // Production mode also keeps TF.js from printing advertisements for its other backends.
  tf.enableProdMode();
  let running: boolean;
  try {
    // Loaded for its side effect: outside a bundler, TF.js's formulas of gradients come with its layers alone.
    await import('@tensorflow/tfjs-layers');
    await load[backend]();
    running = await tf.setBackend(registered[backend]);
  } catch (error) {
    throw cannotStart(backend, error);
  }
  if (!running) throw cannotStart(backend);
}

function cannotStart(backend: TfjsBackend, cause?: unknown): Error {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  const problem = {
    code: 'tfjs-backend-failed',
    where: `TF.js backend ${backend}`,
    found: `the backend does not start${why}`,
    remedy: 'use `engine: onnx`, or reinstall the TF.js packages',
  };
  return failure('stage-failed', problem, cause);
}

/**
 * Runs synchronous work on a started backend and disposes of every tensor that it made, save those it returns. The
 * backend is chosen again each time, because another engine in this process may have chosen its own in the meantime;
 * for a started backend `setBackend` takes effect before it returns.
 */
export function onBackend<T extends tf.TensorContainer>(backend: TfjsBackend, work: () => T): T {
  void tf.setBackend(registered[backend]);
  return tf.tidy(work);
}
