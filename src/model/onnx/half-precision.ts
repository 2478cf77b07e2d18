/** Networks that compute in float16: every operator rounds to 11 bits, and runtimes differ in which of them they join. */
import type { Graph } from '../graph.js';
import { readModelProto, type OnnxNode } from './model-proto.js';
import { programOf } from './program.js';
import { bytesOf, textOf } from './protobuf-reader.js';
import { valuesOf } from './protobuf-values.js';

const FLOAT16 = 10;

/** Whether a part of the network computes in float16. Weights that are only stored so do not count. */
export function graphComputesInHalves({ layers }: Graph): boolean {
  return layers.some(
    (layer) => layer.kind === 'onnx' && (layer.takes.type === 'float16' || castsToHalves(programOf(layer).nodes)),
  );
}

/** The same of an `.onnx` file that takes bytes. Throws a RangeError where the bytes are not one. */
export function fileComputesInHalves(file: Uint8Array): boolean {
  return castsToHalves(readModelProto(file).nodes);
}

/** NodeProto: attribute (5); AttributeProto: name (1), i (3). */
function castsToHalves(nodes: readonly OnnxNode[]): boolean {
  return nodes.some(
    ({ op, bytes }) =>
      op === 'Cast' &&
      bytesOf(bytes, 5).some((attribute) => textOf(attribute, 1) === 'to' && valuesOf(attribute, 3).at(-1) === FLOAT16),
  );
}
