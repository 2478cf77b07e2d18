/** Reads attributes of a node of another file. AttributeProto: name (1), f (2), i (3), ints (8). */
import type { OnnxNode } from '../../../model/onnx/model-proto.js';
import { bytesOf, textOf } from '../../../model/onnx/protobuf-reader.js';
import { valuesOf } from '../../../model/onnx/protobuf-values.js';

export function intAttribute(node: OnnxNode, name: string): number | undefined {
  const attribute = find(node, name);
  return attribute && valuesOf(attribute, 3).at(-1);
}

export function floatAttribute(node: OnnxNode, name: string): number | undefined {
  const attribute = find(node, name);
  const bytes = attribute && bytesOf(attribute, 2).at(-1);
  return bytes && new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true);
}

function find({ bytes }: OnnxNode, name: string): Uint8Array | undefined {
  return bytesOf(bytes, 5).find((attribute) => textOf(attribute, 1) === name);
}
