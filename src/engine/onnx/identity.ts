/** Which onnxruntime would compute, from its package alone: nothing native is loaded. */
import type { EngineIdentity } from '../engine.js';
import { onnxruntimePackage } from './library.js';

/** Version of this folder's compiler: raised whenever the numbers that it leads to may change. */
const IMPL = 3;

/** The identity of the engine, or undefined if no onnxruntime for this machine is installed. */
export function onnxIdentity(): EngineIdentity | undefined {
  const library = onnxruntimePackage();
  return library && { name: 'onnx', backend: 'cpu', version: library.version, impl: IMPL };
}
