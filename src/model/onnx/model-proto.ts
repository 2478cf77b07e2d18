/**
 * The parts of an ONNX file, read without copying what they hold.
 * Source of the field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { bytesOf, fieldsOf, textOf } from './protobuf-reader.js';
import { valuesOf } from './protobuf-values.js';

/** A node, with its message as the file has it. */
export interface OnnxNode {
  readonly bytes: Uint8Array;
  readonly op: string;
  /** Empty for ONNX's own operators. */
  readonly domain: string;
  readonly name: string;
  /** Empty texts stand for optional values that are left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** An input or output, or what the file says about a value between nodes. */
export interface OnnxPort {
  readonly bytes: Uint8Array;
  readonly name: string;
  /** TensorProto.DataType: 1 is float32, 2 uint8, 10 float16. */
  readonly type: number;
  /** A name stands for an extent that is known when the model runs; null for one without a name. Undefined if the file has no shape. */
  readonly dims: readonly (number | string | null)[] | undefined;
}

export interface OnnxModel {
  readonly irVersion: number;
  /** Versions of operator sets by domain; ONNX's own is the empty text. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly nodes: readonly OnnxNode[];
  /** TensorProto messages by name. */
  readonly initializers: ReadonlyMap<string, Uint8Array>;
  /** Those that are not initializers. */
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  /** What the file says about values between nodes, by name. */
  readonly values: ReadonlyMap<string, OnnxPort>;
  /** Functions of the file's own, training, and sparse constants, which this tool does not run. */
  readonly extras: readonly ('functions' | 'training' | 'sparse constants')[];
}

/** Reads a ModelProto. Throws a RangeError where the bytes are not one. */
export function readModelProto(file: Uint8Array): OnnxModel {
  // ModelProto: ir_version (1), graph (7), opset_import (8), training_info (20), functions (25).
  const graphs = bytesOf(file, 7);
  if (graphs.length === 0) throw new RangeError('it has no graph');
  // Parsers join repeated messages.
  const graph = graphs.length === 1 ? graphs[0] : Buffer.concat(graphs);
  const parts = partsOf(graph);
  const initializers = new Map(parts.get(5)?.map((tensor) => [textOf(tensor, 8), tensor]));
  const ports = (number: number) => (parts.get(number) ?? []).map(portOf);
  return {
    irVersion: valuesOf(file, 1).at(-1) ?? 0,
    opsets: new Map(
      bytesOf(file, 8).map((entry) => [standardDomain(textOf(entry, 1)), valuesOf(entry, 2).at(-1) ?? 0]),
    ),
    nodes: (parts.get(1) ?? []).map(nodeOf),
    initializers,
    inputs: ports(11).filter(({ name }) => !initializers.has(name)),
    outputs: ports(12),
    values: new Map(ports(13).map((port) => [port.name, port])),
    extras: [
      ...(bytesOf(file, 25).length > 0 ? (['functions'] as const) : []),
      ...(bytesOf(file, 20).length > 0 ? (['training'] as const) : []),
      ...(parts.has(15) ? (['sparse constants'] as const) : []),
    ],
  };
}

/** The messages of a GraphProto by field: node (1), initializer (5), input (11), output (12), value_info (13), sparse_initializer (15). */
function partsOf(graph: Uint8Array): ReadonlyMap<number, readonly Uint8Array[]> {
  const parts = new Map<number, Uint8Array[]>();
  for (const field of fieldsOf(graph)) {
    if (field.kind !== 'bytes') continue;
    const known = parts.get(field.number);
    if (known === undefined) parts.set(field.number, [field.bytes]);
    else known.push(field.bytes);
  }
  return parts;
}

/** NodeProto: input (1), output (2), name (3), op_type (4), domain (7). */
function nodeOf(bytes: Uint8Array): OnnxNode {
  const [inputs, outputs, texts] = [[], [], new Map<number, string>()] as [string[], string[], Map<number, string>];
  for (const field of fieldsOf(bytes)) {
    if (field.kind !== 'bytes' || field.number === 5) continue;
    const text = Buffer.from(field.bytes.buffer, field.bytes.byteOffset, field.bytes.length).toString('utf8');
    if (field.number === 1) inputs.push(text);
    else if (field.number === 2) outputs.push(text);
    else texts.set(field.number, text);
  }
  const domain = standardDomain(texts.get(7) ?? '');
  return { bytes, op: texts.get(4) ?? '', domain, name: texts.get(3) ?? '', inputs, outputs };
}

function standardDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/** ValueInfoProto: name (1), type (2); TypeProto: tensor_type (1) with elem_type (1) and shape (2) of dim (1): dim_value (1), dim_param (2). */
function portOf(bytes: Uint8Array): OnnxPort {
  const tensor = bytesOf(bytesOf(bytes, 2).at(-1) ?? new Uint8Array(), 1).at(-1);
  const shape = tensor === undefined ? undefined : bytesOf(tensor, 2).at(-1);
  return {
    bytes,
    name: textOf(bytes, 1),
    type: tensor === undefined ? 0 : (valuesOf(tensor, 1).at(-1) ?? 0),
    dims: shape === undefined ? undefined : bytesOf(shape, 1).map(extentOf),
  };
}

function extentOf(dim: Uint8Array): number | string | null {
  const value = valuesOf(dim, 1).at(-1);
  if (value !== undefined) return value;
  const name = textOf(dim, 2);
  return name === '' ? null : name;
}

/** The node that makes each value. */
export function makersOf({ nodes }: Pick<OnnxModel, 'nodes'>): ReadonlyMap<string, OnnxNode> {
  return new Map(nodes.flatMap((node) => node.outputs.filter((name) => name !== '').map((name) => [name, node])));
}

/**
 * The nodes that a value needs, each after those that it reads, and otherwise in the file's order. Files must be in such an
 * order, but converters to float16 append their casts, and onnxruntime sorts them.
 */
export function nodesFor(model: OnnxModel, output: string): OnnxNode[] {
  const makers = makersOf(model);
  const needed = new Set<OnnxNode>();
  const found = [makers.get(output)];
  for (let node = found.pop(); node !== undefined || found.length > 0; node = found.pop()) {
    if (node === undefined || needed.has(node)) continue;
    needed.add(node);
    for (const input of node.inputs) found.push(makers.get(input));
  }
  return sorted(
    model.nodes.filter((node) => needed.has(node)),
    makers,
  );
}

/** A cycle stays: onnxruntime refuses it. */
function sorted(nodes: readonly OnnxNode[], makers: ReadonlyMap<string, OnnxNode>): OnnxNode[] {
  const begun = new Set<OnnxNode>();
  const done = new Set<OnnxNode>();
  for (const last of nodes) {
    const path = [last];
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const before = begun.has(node) ? [] : node.inputs.map((input) => makers.get(input));
      begun.add(node);
      const next = before.filter((one) => one !== undefined && !begun.has(one)).reverse() as OnnxNode[];
      if (next.length > 0) path.push(...next);
      else {
        path.pop();
        done.add(node);
      }
    }
  }
  return [...done];
}
