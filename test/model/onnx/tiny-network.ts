/** A small image network as exporters write one: convolution, activation, pooling, classifier. */
import { Message } from '../../../src/model/onnx/protobuf.js';
import { floats, graph, intsAttribute, node, port } from '../../cases/onnx-files.js';
import { noise } from '../../keras/noise.js';

export interface TinyOptions {
  readonly opset?: number;
  readonly layout?: 'NCHW' | 'NHWC';
  /** Height and width; names for any size. */
  readonly size?: readonly [number | string, number | string];
  readonly batch?: number | string;
  /** Nodes after the activation, and the outputs that they give. */
  readonly ending?: { readonly nodes: readonly Message[]; readonly outputs: readonly Message[] };
  readonly extra?: readonly Message[];
  /** The file beside the network that the kernel is in. */
  readonly externalKernel?: string;
  /** Every value of the convolution's bias. */
  readonly shift?: number;
}

const CHANNELS = 4;

/** The convolution's kernel [4, 3, 3, 3], and the classifier's matrix [4, 5]. */
export const kernel = noise('tiny/kernel', CHANNELS * 27, -0.3, 0.3);
const matrix = noise('tiny/matrix', CHANNELS * 5, -1, 1);

const classifier = {
  nodes: [
    node({ op: 'GlobalAveragePool', inputs: ['activated'], outputs: ['pooled'] }),
    node({ op: 'Flatten', inputs: ['pooled'], outputs: ['features'] }),
    node({ op: 'Gemm', inputs: ['features', 'matrix', 'bias'], outputs: ['logits'] }),
  ],
  outputs: [port('logits', 1, ['batch', 5])],
};

/** The bytes of an .onnx file. ModelProto: ir_version (1), graph (7), opset_import (8). */
export function tinyNetwork({
  opset = 17,
  layout = 'NCHW',
  size = [32, 32],
  batch = 'batch',
  ending = classifier,
  extra = [],
  externalKernel,
  shift = 0,
}: TinyOptions = {}): Uint8Array {
  const isFirst = layout === 'NCHW';
  const turn = node({
    op: 'Transpose',
    inputs: ['images'],
    outputs: ['turned'],
    attributes: [intsAttribute('perm', [0, 3, 1, 2])],
  });
  const body = graph({
    nodes: [
      ...(isFirst ? [] : [turn]),
      node({
        op: 'Conv',
        inputs: [isFirst ? 'images' : 'turned', 'kernel', ...(shift === 0 ? [] : ['shift'])],
        outputs: ['convolved'],
        attributes: [intsAttribute('strides', [2, 2]), intsAttribute('pads', [1, 1, 1, 1])],
      }),
      node({ op: 'Relu', inputs: ['convolved'], outputs: ['activated'] }),
      ...ending.nodes,
    ],
    constants: [
      externalKernel === undefined
        ? floats('kernel', [CHANNELS, 3, 3, 3], [...kernel])
        : beside('kernel', [CHANNELS, 3, 3, 3], externalKernel),
      ...(shift === 0 ? [] : [floats('shift', [CHANNELS], new Array<number>(CHANNELS).fill(shift))]),
      floats('matrix', [CHANNELS, 5], [...matrix]),
      floats('bias', [5], [0, 0, 0, 0, 0]),
      ...extra,
    ],
    inputs: [port('images', 1, isFirst ? [batch, 3, ...size] : [batch, ...size, 3])],
    outputs: [...ending.outputs],
  });
  return new Message().int(1, 8).message(7, body).message(8, new Message().text(1, '').int(2, opset)).toBytes();
}

/** TensorProto of float32 whose bytes are a file: dims (1), data_type (2), name (8), external_data (13), data_location (14). */
const beside = (name: string, dims: readonly number[], location: string): Message =>
  new Message()
    .ints(1, dims)
    .int(2, 1)
    .text(8, name)
    .message(13, new Message().text(1, 'location').text(2, location))
    .int(14, 1);

/** Tokens [batch, tokens, 4] instead of a classifier. */
export const tokenEnding = (name = 'last_hidden_state'): NonNullable<TinyOptions['ending']> => ({
  nodes: [
    node({ op: 'Reshape', inputs: ['activated', 'rows'], outputs: ['flat'] }),
    node({
      op: 'Transpose',
      inputs: ['flat'],
      outputs: [name],
      attributes: [intsAttribute('perm', [0, 2, 1])],
    }),
  ],
  outputs: [port(name, 1, ['batch', 'tokens', CHANNELS])],
});
