import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GraphBuilder } from '../../../src/engine/onnx/builder.js';
import { rowsOf, tilesOf } from '../../../src/engine/onnx/tiles.js';

test('tiles cover every row once, in order, and none is large', () => {
  const extent = fc.integer({ min: 1, max: 2 ** 20 });
  fc.assert(
    fc.property(extent, fc.integer({ min: 1, max: 5000 }), (rows, columns) => {
      const tiles = tilesOf([rows, columns]);
      expect(tiles[0].from).toBe(0);
      expect(tiles.at(-1)!.to).toBe(rows);
      tiles.slice(1).forEach((tile, i) => expect(tile.from).toBe(tiles[i].to));
      for (const { from, to } of tiles) expect(to - from === 1 || (to - from) * columns <= 2 ** 18).toBe(true);
    }),
  );
});

test('rows of a product are made without the whole product, rows of anything else are cut out', () => {
  const ops = (op: string, transA: boolean) => {
    const builder = new GraphBuilder();
    const [a, b] = [builder.input('a', [4, 6]), builder.input('b', [4, 5])];
    const whole = op === 'Gemm' ? builder.node('Gemm', [a, b], transA ? { transA: { int: 1 } } : {}) : builder.node(op, [a]);
    builder.output('rows', rowsOf(builder, whole, { from: 1, to: 3 }), [2, 5]);
    return builder.build('m').nodes.map((node) => node.op);
  };
  expect(ops('Gemm', true)).toEqual(['Slice', 'Gemm']);
  expect(ops('Gemm', false)).toEqual(['Gemm', 'Slice']);
  expect(ops('Relu', false)).toEqual(['Relu', 'Slice']);
});
