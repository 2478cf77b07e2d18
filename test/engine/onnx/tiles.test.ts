import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GraphBuilder } from '../../../src/engine/onnx/builder.js';
import { rowsOf, tilesOf } from '../../../src/engine/onnx/tiles.js';

test('tiles cover every row once, in order, and none is large', () => {
  const extent = fc.integer({ min: 1, max: 3000 });
  fc.assert(
    fc.property(extent, extent, (rows, columns) => {
      const tiles = tilesOf([rows, columns]);
      expect(tiles.map(({ from }) => from)).toEqual([0, ...tiles.slice(0, -1).map(({ to }) => to)]);
      expect(tiles.at(-1)!.to).toBe(rows);
      expect(Math.max(...tiles.map(({ from, to }) => (to - from) * columns))).toBeLessThanOrEqual(2 ** 18);
    }),
  );
});

test('a row that is larger than a tile is a tile of its own', () => {
  expect(tilesOf([2, 2 ** 19])).toEqual([
    { from: 0, to: 1 },
    { from: 1, to: 2 },
  ]);
});

test('rows of a product are made without the whole product, rows of anything else are cut out', () => {
  const ops = (op: string, transA: boolean) => {
    const builder = new GraphBuilder();
    const [a, b] = [builder.input('a', [4, 6]), builder.input('b', [4, 5])];
    const whole =
      op === 'Gemm' ? builder.node('Gemm', [a, b], transA ? { transA: { int: 1 } } : {}) : builder.node(op, [a]);
    builder.output('rows', rowsOf(builder, whole, { from: 1, to: 3 }), [2, 5]);
    return builder.build('m').nodes.map((node) => node.op);
  };
  expect(ops('Gemm', true)).toEqual(['Slice', 'Gemm']);
  expect(ops('Gemm', false)).toEqual(['Gemm', 'Slice']);
  expect(ops('Relu', false)).toEqual(['Relu', 'Slice']);
});
