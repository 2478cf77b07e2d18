/**
 * The nodes of another file as part of a compiled model. Their messages are copied field by field; only the names of
 * values change, so that none of them meets one of ours.
 */
import { nodesFor, type OnnxModel } from '../../model/onnx/model-proto.js';
import { BATCH, type Extent, valueInfo } from './value-info.js';
import { Message } from '../../model/onnx/protobuf.js';
import { fieldsOf } from '../../model/onnx/protobuf-reader.js';

/**
 * Nodes of another file from one of its values to another. They are written as that file has them, with names of their
 * own. The first input of the node that stands for them is the value at `input`, the others are the `constants`.
 */
export interface Block {
  readonly program: OnnxModel;
  readonly input: string;
  readonly output: string;
  /** Initializers that lie outside the program. */
  readonly constants: readonly string[];
}

/** The node that stands for a block. */
interface StandIn {
  readonly inputs: readonly string[];
  readonly output: string;
}

type Rename = (value: string) => string;

/** NodeProto messages, in the order of the file. */
export function* blockNodes(node: StandIn, block: Block): Generator<Message, void, undefined> {
  const rename = renaming(node, block);
  for (const { bytes } of nodesFor(block.program, block.output)) {
    // NodeProto: input (1), output (2), name (3); another node of the same name may be ours.
    yield renamed(bytes, (field, text) => {
      // Many nodes may be without a name, but not two of the same name.
      if (field === 3) return text === '' ? '' : `${node.output}:${text}`;
      return field === 1 || field === 2 ? rename(text) : undefined;
    });
  }
}

/** TensorProto messages of the initializers that lie in the program. */
export function* blockInitializers(node: StandIn, block: Block): Generator<Message, void, undefined> {
  const rename = renaming(node, block);
  const read = valuesReadBy(block.program);
  for (const [name, bytes] of block.program.initializers)
    if (read.has(name)) yield renamed(bytes, (field, text) => (field === 8 ? rename(text) : undefined));
}

/**
 * ValueInfoProto messages of the values that the nodes make: their types, and their shapes where the file has them. Names
 * of extents are renamed too, so that what the file calls equal stays equal, and nothing else becomes so. The `outputs` of
 * the compiled model are left out: it declares them itself.
 */
export function* blockValues(
  node: StandIn,
  block: Block,
  outputs: ReadonlySet<string>,
): Generator<Message, void, undefined> {
  const rename = renaming(node, block);
  for (const { name, type, dims } of block.program.values.values()) {
    const value = rename(name);
    if (type === 0 || outputs.has(value)) continue;
    yield valueInfo(
      value,
      type,
      dims?.map((extent) => extentIn(block.program, extent)),
    );
  }
}

/** An extent as the compiled model names it: the number of images has a name of its own there. */
export function extentIn({ inputs }: OnnxModel, extent: Extent): Extent {
  if (typeof extent !== 'string') return extent;
  return extent === inputs[0]?.dims?.[0] ? BATCH : `file:${extent}`;
}

function valuesReadBy({ nodes }: OnnxModel): ReadonlySet<string> {
  return new Set(nodes.flatMap(({ inputs }) => inputs));
}

function renaming({ inputs, output }: StandIn, block: Block): Rename {
  const known = new Map([
    ['', ''],
    [block.input, inputs[0]],
    ...block.constants.map((name, place): [string, string] => [name, inputs[place + 1]]),
    [block.output, output],
  ]);
  return (value) => known.get(value) ?? `${output}:${value}`;
}

/** A message with some of its texts replaced. */
export function renamed(message: Uint8Array, replace: (field: number, text: string) => string | undefined): Message {
  const copy = new Message();
  for (const field of fieldsOf(message)) {
    const text =
      field.kind === 'bytes' && field.bytes.length < 65_536
        ? replace(field.number, Buffer.from(field.bytes).toString('utf8'))
        : undefined;
    if (text === undefined) copy.encoded(field.whole);
    else copy.text(field.number, text);
  }
  return copy;
}
