/**
 * ONNX files: the messages that the compiler uses, with their field numbers.
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { blockInitializers, blockNodes, blockValues, type Block } from './block.js';
import { Message } from '../../model/onnx/protobuf.js';
import { type Extent, valueInfo } from './value-info.js';

/** IR version 8 belongs to ONNX 1.12, as does opset 17; every onnxruntime since 1.12 reads both. */
const IR_VERSION = 8;
const OPSET = 17;

export type Attribute = { readonly int: number } | { readonly ints: readonly number[] } | { readonly float: number };

/** Nodes of several outputs are not needed: every operator that the compiler uses gives one. */
export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** The nodes of another file that this one stands for. */
  readonly block?: Block;
}

export interface Initializer {
  readonly name: string;
  readonly dims: readonly number[];
  /** Float32, integers of 64, 32 and 8 bits, or float16 by its bits. */
  readonly data: Float32Array | BigInt64Array | Int32Array | Uint16Array | Int8Array | Uint8Array;
}

/** An input or output, of float32 without a type. */
export interface Port {
  readonly name: string;
  /** Undefined if the file is not to have any. */
  readonly dims: readonly Extent[] | undefined;
  readonly type?: 'float32' | 'uint8';
}

export interface Model {
  readonly name: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly initializers: readonly Initializer[];
  /** In topological order. */
  readonly nodes: readonly Node[];
  /** What other programs need to know, by keys of our own. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** What people need to know. */
  readonly documentation?: string;
}

/** TensorProto.DataType */
export const dataTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10 } as const;

/**
 * The bytes of a model as an `.onnx` file holds them. Floats are stored little-endian, as all supported machines hold
 * them.
 */
export function encodeModel(model: Model): Uint8Array {
  const graph = new Message();
  const blocks = model.nodes.flatMap((node) => (node.block === undefined ? [] : [{ node, block: node.block }]));
  for (const node of model.nodes) {
    if (node.block === undefined) graph.message(1, encodeNode(node));
    else for (const message of blockNodes(node, node.block)) graph.message(1, message);
  }
  graph.text(2, model.name);
  for (const { node, block } of blocks) for (const tensor of blockInitializers(node, block)) graph.message(5, tensor);
  for (const initializer of model.initializers) graph.message(5, encodeInitializer(initializer));
  for (const input of model.inputs) graph.message(11, encodePort(input));
  for (const output of model.outputs) graph.message(12, encodePort(output));
  const outputs = new Set(model.outputs.map(({ name }) => name));
  for (const { node, block } of blocks) for (const value of blockValues(node, block, outputs)) graph.message(13, value);
  const irVersion = Math.max(IR_VERSION, ...blocks.map(({ block }) => block.program.irVersion));
  const file = new Message().int(1, irVersion).text(2, 'transfer-pipeline');
  if (model.documentation !== undefined) file.text(6, model.documentation);
  file.message(7, graph);
  for (const [domain, version] of opsetsOf(blocks.map(({ block }) => block)))
    file.message(8, new Message().text(1, domain).int(2, version));
  for (const [key, value] of Object.entries(model.metadata ?? {}))
    file.message(14, new Message().text(1, key).text(2, value));
  return file.toBytes();
}

/** A NodeProto. */
export function encodeNode(node: Node): Message {
  const message = new Message();
  for (const input of node.inputs) message.text(1, input);
  message.text(2, node.output).text(3, node.output).text(4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes)) message.message(5, encodeAttribute(name, attribute));
  return message;
}

/** The numbers of field 20 are AttributeProto.AttributeType. */
function encodeAttribute(name: string, attribute: Attribute): Message {
  const message = new Message().text(1, name);
  if ('float' in attribute) return message.float(2, attribute.float).int(20, 1);
  if ('int' in attribute) return message.int(3, attribute.int).int(20, 2);
  return message.ints(8, attribute.ints).int(20, 7);
}

/** A TensorProto. */
export function encodeInitializer({ name, dims, data }: Initializer): Message {
  return new Message()
    .ints(1, dims)
    .int(2, typeOf(data))
    .text(8, name)
    .bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function typeOf(data: Initializer['data']): number {
  if (data instanceof Float32Array) return dataTypes.float32;
  if (data instanceof Int32Array) return dataTypes.int32;
  if (data instanceof Int8Array) return dataTypes.int8;
  if (data instanceof Uint8Array) return dataTypes.uint8;
  return data instanceof Uint16Array ? dataTypes.float16 : dataTypes.int64;
}

function encodePort({ name, dims, type = 'float32' }: Port): Message {
  // Without dimensions, the type is left to the runtime too.
  return dims === undefined ? new Message().text(1, name) : valueInfo(name, dataTypes[type], dims);
}

/**
 * A block brings the operator sets that its nodes were written for; the compiler's own operators around one mean the
 * same in every set from 7 on.
 */
function opsetsOf(blocks: readonly Block[]): ReadonlyMap<string, number> {
  const [block] = blocks;
  return block === undefined ? new Map([['', OPSET]]) : new Map([['', OPSET], ...block.program.opsets]);
}
