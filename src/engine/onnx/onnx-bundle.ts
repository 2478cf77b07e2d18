/** An `.onnx` file and its metadata. */
import type { Digest } from '../../core/digest.js';
import type { ModelMetadata } from './metadata.js';

/** An exported `.onnx` file. */
export interface OnnxBundle extends ModelMetadata {
  readonly format: 'onnx';
  readonly path: string;
  /** Of the bytes that the metadata come from: only they are run. */
  readonly digest: Digest;
}
