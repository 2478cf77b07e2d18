import { expect, test } from '@jest/globals';
import { GraphBuilder } from '../../../src/engine/onnx/builder.js';
import { encodeModel } from '../../../src/engine/onnx/model-file.js';
import { Message } from '../../../src/model/onnx/protobuf.js';

const hex = (message: Message) => Buffer.from(message.toBytes()).toString('hex');

/** The examples of https://protobuf.dev/programming-guides/encoding, and the edges of the number formats. */
test('fields are encoded as protobuf has them', () => {
  expect(hex(new Message().int(1, 150))).toBe('089601');
  expect(hex(new Message().text(2, 'testing'))).toBe('120774657374696e67');
  expect(hex(new Message().message(3, new Message().int(1, 150)))).toBe('1a03089601');
  expect(hex(new Message().int(1, -2))).toBe('08feffffffffffffffff01');
  expect(hex(new Message().int(20, 1))).toBe('a00101');
  expect(hex(new Message().float(2, 1.5))).toBe('150000c03f');
  expect(hex(new Message().ints(8, [0, 127, 128]))).toBe('4000407f408001');
  expect(hex(new Message().message(5, new Message()))).toBe('2a00');
});

test('a model is encoded byte for byte as the ONNX messages say', () => {
  const builder = new GraphBuilder();
  const x = builder.batchInput('x', [2]);
  builder.batchOutput('y', builder.node('Gemm', [x, builder.scalar(3)], { alpha: { float: 2 } }), [2]);
  const shape = new Message().message(1, new Message().text(2, 'N')).message(1, new Message().int(1, 2));
  const type = new Message().message(1, new Message().int(1, 1).message(2, shape));
  const port = (name: string) => new Message().text(1, name).message(2, type);
  const node = new Message()
    .text(1, 'x')
    .text(1, 'scalar_3')
    .text(2, 'y')
    .text(3, 'y')
    .text(4, 'Gemm')
    .message(5, new Message().text(1, 'alpha').float(2, 2).int(20, 1));
  const scalar = new Message()
    .int(2, 1)
    .text(8, 'scalar_3')
    .bytes(9, Uint8Array.of(0, 0, 0x40, 0x40));
  const graph = new Message()
    .message(1, node)
    .text(2, 'm')
    .message(5, scalar)
    .message(11, port('x'))
    .message(12, port('y'));
  const opset = new Message().text(1, '').int(2, 17);
  const model = new Message().int(1, 8).text(2, 'transfer-pipeline').message(7, graph).message(8, opset);
  expect(Buffer.from(encodeModel(builder.build('m'))).toString('hex')).toBe(hex(model));
});

test('equal nodes are made once, unused ones are left out, and outputs are written in place', () => {
  const builder = new GraphBuilder();
  const x = builder.input('x', [2]);
  const root = builder.node('Sqrt', [x]);
  expect(builder.node('Sqrt', [x])).toBe(root);
  builder.node('Exp', [builder.constant('unused', [2], Float32Array.of(1, 2))]);
  builder.output('y', builder.node('Neg', [root]), [2]);
  builder.output('copy', x, [2]);
  const { nodes, initializers } = builder.build('m');
  expect(nodes.map(({ op, inputs, output }) => [op, ...inputs, output])).toEqual([
    ['Sqrt', 'x', root],
    ['Neg', root, 'y'],
    ['Identity', 'x', 'copy'],
  ]);
  expect(initializers).toEqual([]);
});
