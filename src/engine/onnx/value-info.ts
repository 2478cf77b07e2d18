/**
 * What an ONNX file says about a value: its type, and its shape.
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { Message } from '../../model/onnx/protobuf.js';

/** A text is the name of an extent that is known when the model runs; null stands for one without a name. */
export type Extent = number | string | null;

/** The name of the first extent of what goes in and out by batches. */
export const BATCH = 'N';

/** A ValueInfoProto. `type` is a TensorProto.DataType; without `dims` any shape may come. */
export function valueInfo(name: string, type: number, dims: readonly Extent[] | undefined): Message {
  const tensor = new Message().int(1, type);
  if (dims !== undefined) {
    const shape = new Message();
    for (const dim of dims) shape.message(1, dimension(dim));
    tensor.message(2, shape);
  }
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}

function dimension(extent: Extent): Message {
  if (extent === null) return new Message();
  return typeof extent === 'number' ? new Message().int(1, extent) : new Message().text(2, extent);
}
