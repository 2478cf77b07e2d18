/** ONNX bases that were converted to float16 or quantized after their training, as the hub has them beside the originals. */
import { describe, expect, test } from '@jest/globals';
import { encodeFloat16 } from '../../../src/core/float16.js';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';
import { readOnnxBase } from '../../../src/engine/onnx/read-base.js';
import { compileVerified } from '../../../src/engine/second-opinion.js';
import type { OnnxLayer } from '../../../src/model/graph.js';
import { graphRoundsCoarsely } from '../../../src/model/onnx/coarse-rounding.js';
import { Message } from '../../../src/model/onnx/protobuf.js';
import { programOf } from '../../../src/model/onnx/program.js';
import { graph, integers, intsAttribute, node, port } from '../../cases/onnx-files.js';
import { noise } from '../../keras/noise.js';
import { tinyNetwork } from '../../model/onnx/tiny-network.js';

const options = { where: 'net.onnx', output: 'auto', tokens: undefined, size: [32, 32] } as const;
const CHANNELS = 32;

/** TensorProto: dims (1), data_type (2), name (8), raw_data (9), data_location (14). */
const tensor = (name: string, type: number, dims: readonly number[], raw: Uint8Array): Message =>
  new Message().ints(1, dims).int(2, type).text(8, name).bytes(9, raw).int(14, 0);

function halves(name: string, dims: readonly number[], scale: number): Message {
  const size = dims.reduce((product, extent) => product * extent, 1);
  const values = new Uint16Array(size);
  encodeFloat16(noise(`half/${name}`, size, -scale, scale), values);
  return tensor(name, 10, dims, new Uint8Array(values.buffer));
}

const castTo = (type: number, from: string, to: string): Message =>
  node({
    op: 'Cast',
    inputs: [from],
    outputs: [to],
    attributes: [new Message().text(1, 'to').int(3, type).int(20, 2)],
  });

/** As the converter of onnxruntime writes it: float32 outside, float16 inside, and the casts at the end of the list. */
function halfNetwork(): Uint8Array {
  const layers = Array.from({ length: 8 }, (_, i) => [
    node({
      op: 'Conv',
      inputs: [i === 0 ? 'halved' : `relu${i - 1}`, `kernel${i}`],
      outputs: [`conv${i}`],
      attributes: [intsAttribute('pads', [1, 1, 1, 1])],
    }),
    // onnxruntime multiplies the kernel instead: it rounds elsewhere.
    node({ op: 'Mul', inputs: [`conv${i}`, `scale${i}`], outputs: [`scaled${i}`] }),
    node({ op: 'Relu', inputs: [`scaled${i}`], outputs: [`relu${i}`] }),
  ]).flat();
  const body = graph({
    nodes: [
      ...layers,
      node({ op: 'GlobalAveragePool', inputs: ['relu7'], outputs: ['pooled'] }),
      node({ op: 'Flatten', inputs: ['pooled'], outputs: ['features'] }),
      node({ op: 'Gemm', inputs: ['features', 'matrix'], outputs: ['half logits'] }),
      castTo(10, 'images', 'halved'),
      castTo(1, 'half logits', 'logits'),
    ],
    constants: [
      ...Array.from({ length: 8 }, (_, i) => halves(`kernel${i}`, [CHANNELS, i === 0 ? 3 : CHANNELS, 3, 3], 0.1)),
      ...Array.from({ length: 8 }, (_, i) => halves(`scale${i}`, [1, CHANNELS, 1, 1], 2)),
      halves('matrix', [CHANNELS, 5], 1),
    ],
    inputs: [port('images', 1, ['batch', 3, 32, 32])],
    outputs: [port('logits', 1, ['batch', 5])],
  });
  return new Message().int(1, 8).message(7, body).message(8, new Message().text(1, '').int(2, 17)).toBytes();
}

describe('float16', () => {
  test('nodes are read in any order, and tensors keep their type', async () => {
    const { chosen, graph } = await readOnnxBase(halfNetwork(), options);
    expect(chosen).toEqual({ name: 'features', by: 'classifier' });
    const layer = graph.layers[1] as OnnxLayer;
    const made = new Set(['images', ...layer.tensors.map(({ name }) => name)]);
    for (const { inputs, outputs } of programOf(layer).nodes) {
      expect(inputs.filter((input) => !made.has(input))).toEqual([]);
      for (const output of outputs) made.add(output);
    }
    expect(new Set(layer.tensors.map(({ type }) => type))).toEqual(new Set(['float16']));
    expect(layer.tensors).toHaveLength(16);
  });

  test('rounding inside is not taken for a wrong operator', async () => {
    const { graph, weights } = await readOnnxBase(halfNetwork(), { ...options, output: 'relu7' });
    expect(graphRoundsCoarsely(graph)).toBe(true);
    const runner = await compileVerified(await createOnnxEngine({ threads: 1 }), graph, weights);
    const features = await runner.run(noise('images', 32 * 32 * 3), 1);
    expect(features.some((value) => value > 0)).toBe(true);
    runner.dispose();
    const single = await readOnnxBase(tinyNetwork(), options);
    expect(graphRoundsCoarsely(single.graph)).toBe(false);
  });
});

/** A classifier as `onnxruntime.quantization.quantize_dynamic` leaves it. */
function quantizedNetwork(): Uint8Array {
  const steps: (readonly [op: string, inputs: readonly string[], output: string])[] = [
    ['GlobalAveragePool', ['activated'], 'pooled'],
    ['Flatten', ['pooled'], 'features'],
    ['MatMulInteger', ['quantized', 'int8 matrix', 'zero', 'matrix zero'], 'product'],
    ['Mul', ['scale', 'matrix scale'], 'scales'],
    ['Mul', ['cast', 'scales'], 'scaled'],
    ['Add', ['scaled', 'bias'], 'logits'],
  ];
  const nodes = steps.map(([op, inputs, output]) => node({ op, inputs, outputs: [output] }));
  nodes.splice(
    2,
    0,
    node({ op: 'DynamicQuantizeLinear', inputs: ['features'], outputs: ['quantized', 'scale', 'zero'] }),
  );
  nodes.splice(4, 0, castTo(1, 'product', 'cast'));
  return tinyNetwork({
    ending: { nodes, outputs: [port('logits', 1, ['batch', 5])] },
    extra: [
      tensor(
        'int8 matrix',
        3,
        [4, 5],
        Uint8Array.from({ length: 20 }, (_, i) => (i * 37) % 256),
      ),
      tensor('matrix zero', 3, [], Uint8Array.of(0)),
      tensor('matrix scale', 1, [], new Uint8Array(Float32Array.of(0.01).buffer)),
      integers('unused', [1], [1]),
    ],
  });
}

test('a quantized network is compared with wider tolerances', async () => {
  const quantized = await readOnnxBase(quantizedNetwork(), { ...options, output: 'logits' });
  expect(graphRoundsCoarsely(quantized.graph)).toBe(true);
  // Nothing in front of the classifier is quantized.
  expect(graphRoundsCoarsely((await readOnnxBase(quantizedNetwork(), options)).graph)).toBe(false);
});

test('of a quantized classifier, the output is what it reads before it is rounded', async () => {
  const { chosen } = await readOnnxBase(quantizedNetwork(), options);
  expect(chosen).toEqual({ name: 'features', by: 'classifier' });
  const { graph } = await readOnnxBase(quantizedNetwork(), { ...options, output: 'logits' });
  expect((graph.layers[1] as OnnxLayer).tensors.map(({ name, type }) => [name, type])).toContainEqual([
    'int8 matrix',
    'int8',
  ]);
});
