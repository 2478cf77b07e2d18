/**
 * Networks that compute in float16, or quantize what they compute: operators round to 11 or 8 bits, and runtimes differ in
 * which of them they join, so that a last bit before the rounding becomes a step after it.
 */
import type { Graph } from '../graph.js';
import { readModelProto, type OnnxNode } from './model-proto.js';
import { programOf } from './program.js';
import { bytesOf, textOf } from './protobuf-reader.js';
import { valuesOf } from './protobuf-values.js';

const FLOAT16 = 10;

/** Whether a part of the network does so. Weights that are only stored so do not count. */
export function graphRoundsCoarsely({ layers }: Graph): boolean {
  return layers.some(
    (layer) => layer.kind === 'onnx' && (layer.takes.type === 'float16' || someRounds(programOf(layer).nodes)),
  );
}

/** The same of an `.onnx` file that takes bytes. Throws a RangeError where the bytes are not one. */
export function fileRoundsCoarsely(file: Uint8Array): boolean {
  return someRounds(readModelProto(file).nodes);
}

/** What makes 8-bit integers of numbers that were computed. */
const quantizing = new Set(['DynamicQuantizeLinear', 'QuantizeLinear']);

function someRounds(nodes: readonly OnnxNode[]): boolean {
  return nodes.some((node) => quantizing.has(node.op) || castsToHalves(node));
}

/** NodeProto: attribute (5); AttributeProto: name (1), i (3). */
function castsToHalves({ op, bytes }: OnnxNode): boolean {
  return (
    op === 'Cast' &&
    bytesOf(bytes, 5).some((attribute) => textOf(attribute, 1) === 'to' && valuesOf(attribute, 3).at(-1) === FLOAT16)
  );
}
