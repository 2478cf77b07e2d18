/**
 * Node's environment, with the typed arrays of the host: native addons such as onnxruntime-node compare constructors
 * and refuse arrays that were made inside jest's sandbox.
 */
import { TestEnvironment } from 'jest-environment-node';

const shared = [
  ArrayBuffer,
  SharedArrayBuffer,
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
];

export default class HostArrays extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const type of shared) this.global[type.name] = type;
  }
}
