/** `.onnx` files as anyone may make them: with the metadata of an export, and any graph. */
import { metadataOf, PIXELS, SCORES, toProperties } from '../../src/engine/onnx/metadata.js';
import { Message } from '../../src/engine/onnx/protobuf.js';

const SIZE = 8;

export interface NodeParts {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: string;
  readonly attributes?: readonly Message[];
}

/** NodeProto: input (1), output (2), op_type (4), attribute (5), domain (7). */
export function node({ op, inputs, outputs, domain, attributes = [] }: NodeParts): Message {
  const message = new Message();
  for (const input of inputs) message.text(1, input);
  for (const output of outputs) message.text(2, output);
  message.text(4, op);
  for (const attribute of attributes) message.message(5, attribute);
  return domain === undefined ? message : message.text(7, domain);
}

/** AttributeProto of integers, and of a graph. */
export const intsAttribute = (name: string, values: readonly number[]): Message =>
  new Message().text(1, name).ints(8, values).int(20, 7);
export const graphAttribute = (name: string, graph: Message): Message =>
  new Message().text(1, name).message(6, graph).int(20, 5);

/** ValueInfoProto of a tensor: its type by number (1 float, 7 int64, 9 bool), and dimensions by number or name. */
export function port(name: string, type: number, dims: readonly (number | string)[]): Message {
  const shape = new Message();
  for (const dim of dims)
    shape.message(1, typeof dim === 'number' ? new Message().int(1, dim) : new Message().text(2, dim));
  return new Message().text(1, name).message(2, new Message().message(1, new Message().int(1, type).message(2, shape)));
}

/** TensorProto of int64 or of float32. */
export const integers = (name: string, dims: readonly number[], values: readonly number[]): Message =>
  new Message()
    .ints(1, dims)
    .int(2, 7)
    .text(8, name)
    .bytes(9, new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer));
export const floats = (name: string, dims: readonly number[], values: readonly number[]): Message =>
  new Message()
    .ints(1, dims)
    .int(2, 1)
    .text(8, name)
    .bytes(9, new Uint8Array(Float32Array.from(values).buffer));

export interface GraphParts {
  readonly nodes: readonly Message[];
  readonly constants?: readonly Message[];
  readonly inputs?: readonly Message[];
  readonly outputs?: readonly Message[];
}

export function graph({ nodes, constants = [], inputs = [], outputs = [] }: GraphParts): Message {
  const message = new Message();
  for (const one of nodes) message.message(1, one);
  message.text(2, 'graph');
  for (const one of constants) message.message(5, one);
  for (const one of inputs) message.message(11, one);
  for (const one of outputs) message.message(12, one);
  return message;
}

/** A model of two classes for images of {@link SIZE}: its nodes lead from `pixels` (uint8) to `scores` (N x 2). */
export function modelFile(
  parts: Omit<GraphParts, 'inputs' | 'outputs'>,
  size = SIZE,
  more: (file: Message) => Message = (file) => file,
): Uint8Array {
  const metadata = metadataOf({
    classes: ['cats', 'dogs'],
    image: { size: [size, size], interpolation: 'bilinear', orientation: 'exif' },
    preprocessing: { kind: 'mode', mode: 'none' },
    activation: 'softmax',
    weights: 'float32',
  });
  const whole = graph({
    ...parts,
    inputs: [port(PIXELS, 2, ['N', size, size, 3])],
    outputs: [port(SCORES, 1, ['N', 2])],
  });
  const file = new Message().int(1, 8).message(7, whole).message(8, new Message().text(1, '').int(2, 17));
  for (const [key, value] of Object.entries(toProperties(metadata)))
    file.message(14, new Message().text(1, key).text(2, value));
  return more(file).toBytes();
}
