/**
 * What the nodes of an `.onnx` file cost for one image, as far as constants and shapes show it. A node whose shape does
 * not follow from them is passed over: what it takes then ends with the process that computes it.
 */
import type { StepCost } from '../../model/cost.js';
import type { Shape } from '../../model/graph.js';
import { sizeOf } from '../../model/tensor.js';
import { bytesOf, fieldsOf, textOf } from '../../model/onnx/protobuf-reader.js';
import { valuesOf } from '../../model/onnx/protobuf-values.js';

interface Known {
  readonly shapes: Map<string, Shape>;
  /** Constants of integers, such as the shape that an `Expand` is to have. */
  readonly integers: Map<string, readonly number[]>;
}

interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly int: (attribute: string) => number | undefined;
  readonly ints: (attribute: string) => readonly number[] | undefined;
  readonly text: (attribute: string) => string | undefined;
}

/** A shape and how many multiplications each of its numbers takes. */
interface Put {
  readonly shape: Shape;
  readonly each?: number;
}

/** The costs of a file's nodes in their order, for an input of this name and shape. */
export function* costOf(
  graphs: readonly Uint8Array[],
  input: string,
  shape: Shape,
): Generator<StepCost, void, undefined> {
  const known: Known = { shapes: new Map([[input, shape]]), integers: new Map() };
  for (const graph of graphs) for (const tensor of bytesOf(graph, 5)) addConstant(textOf(tensor, 8), tensor, known);
  for (const graph of graphs) {
    for (const bytes of bytesOf(graph, 1)) {
      const node = nodeOf(bytes);
      if (node.op === 'Constant') {
        for (const tensor of bytesOf(bytes, 5).flatMap((attribute) => bytesOf(attribute, 5)))
          addConstant(node.output, tensor, known);
        continue;
      }
      const put = putOut(node, known);
      if (put === undefined || put.shape.some((extent) => !(extent >= 0))) continue;
      known.shapes.set(node.output, put.shape);
      const numbers = sizeOf(put.shape);
      yield { name: textOf(bytes, 3) || node.op, numbers, multiplications: numbers * (put.each ?? 0) };
    }
  }
}

/** TensorProto: dims (1), data_type (2), int64_data (7), raw_data (9). */
function addConstant(name: string, tensor: Uint8Array, { shapes, integers }: Known): void {
  shapes.set(name, valuesOf(tensor, 1));
  if (valuesOf(tensor, 2).at(-1) !== 7) return;
  const raw = bytesOf(tensor, 9).at(-1);
  if (raw === undefined) integers.set(name, valuesOf(tensor, 7));
  // Copied: they begin anywhere in the file.
  else
    integers.set(
      name,
      Array.from(new BigInt64Array(Uint8Array.from(raw.subarray(0, raw.length - (raw.length % 8))).buffer), Number),
    );
}

/** NodeProto: input (1), output (2), op_type (4), attribute (5); AttributeProto: name (1), i (3), s (4), ints (8). */
function nodeOf(bytes: Uint8Array): Node {
  const attributes = new Map(bytesOf(bytes, 5).map((attribute) => [textOf(attribute, 1), attribute]));
  const values = (name: string, number: number) =>
    attributes.has(name) ? valuesOf(attributes.get(name)!, number) : undefined;
  const inputs = bytesOf(bytes, 1).map((input) => Buffer.from(input).toString('utf8'));
  const first = [...fieldsOf(bytes)].find((field) => field.number === 2 && field.kind === 'bytes');
  return {
    op: textOf(bytes, 4),
    inputs,
    output: first?.kind === 'bytes' ? Buffer.from(first.bytes).toString('utf8') : '',
    int: (name) => values(name, 3)?.at(-1),
    ints: (name) => values(name, 8),
    text: (name) => (attributes.has(name) ? textOf(attributes.get(name)!, 4) : undefined),
  };
}

const sameShape = new Set([
  'Cast',
  'Relu',
  'Clip',
  'Sigmoid',
  'Tanh',
  'Softmax',
  'Sqrt',
  'Identity',
  'Dropout',
  'BatchNormalization',
  'LeakyRelu',
  'Erf',
  'Exp',
  'Neg',
  'Abs',
  'HardSigmoid',
  'HardSwish',
]);
const elementwise = new Set(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Pow', 'Where', 'Sum', 'PRelu']);

function putOut(node: Node, known: Known): Put | undefined {
  const { op, inputs, ints } = node;
  const shapes = inputs.map((name) => known.shapes.get(name));
  const [first, second] = shapes;
  const integers = (place: number) => known.integers.get(inputs[place] ?? '');
  if (op === 'ConstantOfShape' || op === 'Expand') {
    const shape = integers(op === 'Expand' ? 1 : 0);
    return shape === undefined
      ? undefined
      : { shape: op === 'Expand' && first !== undefined ? broadcast([first, shape]) : shape };
  }
  if (first === undefined) return undefined;
  if (sameShape.has(op)) return { shape: first };
  if (elementwise.has(op))
    return shapes.every((shape) => shape !== undefined) ? { shape: broadcast(shapes) } : undefined;
  switch (op) {
    case 'Conv':
      return second === undefined
        ? undefined
        : { shape: [first[0], second[0], ...slides(node, first, second.slice(2))], each: sizeOf(second.slice(1)) };
    case 'MaxPool':
    case 'AveragePool': {
      const window = ints('kernel_shape');
      return window === undefined
        ? undefined
        : { shape: [first[0], first[1], ...slides(node, first, window)], each: sizeOf(window) };
    }
    case 'Transpose':
      return { shape: (ints('perm') ?? [...first.keys()].reverse()).map((axis) => first[axis]) };
    case 'Concat':
      return shapes.every((shape) => shape !== undefined)
        ? { shape: joined(shapes, axisOf(node, first.length)) }
        : undefined;
    case 'Tile': {
      const times = integers(1);
      return times === undefined ? undefined : { shape: first.map((extent, axis) => extent * times[axis]) };
    }
    case 'Pad': {
      const pads = integers(1);
      return pads === undefined || inputs.length > 3
        ? undefined
        : { shape: first.map((extent, axis) => extent + pads[axis] + pads[axis + first.length]) };
    }
    case 'MatMul':
      return second === undefined || first.length < 2 || second.length < 2
        ? undefined
        : { shape: product(first, second), each: first[first.length - 1] };
    case 'Flatten':
      return { shape: [first[0], sizeOf(first.slice(1))] };
    default:
      return undefined;
  }
}

function axisOf({ int }: Node, rank: number): number {
  const axis = int('axis') ?? 0;
  return axis < 0 ? axis + rank : axis;
}

function joined(shapes: readonly (Shape | undefined)[], along: number): Shape {
  return shapes[0]!.map((extent, axis) =>
    axis === along ? shapes.reduce((sum, shape) => sum + shape![axis], 0) : extent,
  );
}

function product(first: Shape, second: Shape): Shape {
  return [...broadcast([first.slice(0, -2), second.slice(0, -2)]), first[first.length - 2], second[second.length - 1]];
}

function broadcast(shapes: readonly (Shape | undefined)[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape!.length));
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(...shapes.map((shape) => shape![axis - rank + shape!.length] ?? 1)),
  );
}

/** How many places a window takes along each axis of an image. */
function slides({ ints, text }: Node, input: Shape, window: Shape): number[] {
  const same = text('auto_pad')?.startsWith('SAME') === true;
  const pads = ints('pads');
  return window.map((size, axis) => {
    const stride = ints('strides')?.[axis] ?? 1;
    const extent = input[axis + 2];
    if (same) return Math.ceil(extent / stride);
    const around = pads === undefined ? 0 : pads[axis] + pads[axis + window.length];
    return Math.floor((extent + around - (size - 1) * (ints('dilations')?.[axis] ?? 1) - 1) / stride) + 1;
  });
}
