/**
 * Convolutions of 3 x 3 pixels by Winograd's algorithm, F(4 x 4, 3 x 3): a quarter of the multiplications.
 *
 * A tile of 4 x 4 outputs depends on 6 x 6 inputs. Both are transformed (36 numbers per tile and channel), and between
 * the transforms there is one product of matrices over the channels for each of the 36 places. Images are
 * [height, width, N, channels] all the way: a tile is then a set of whole rows, so that every step reads and writes
 * long runs of memory, and the products have the tiles of all images as rows.
 * Source: Lavin and Gray, https://arxiv.org/abs/1509.09308, section 4.3.
 */
import type { Shape } from '../../../model/graph.js';
import type { GraphBuilder, Name } from '../builder.js';
import type { Node } from '../model-file.js';
import { TILE } from '../winograd-rule.js';
import type { Value } from './rule.js';
import { PLACES } from './winograd-kernel.js';
import type { Pads } from './windows.js';

/** Pixels that a tile reads along one axis. */
const PATCH = TILE + 2;

/** B^T: a patch's rows to its transform. */
const B = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
];
/** A^T: a product's rows to a tile. */
const A = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
];

/** The outputs of a tile in the order that they are computed in: those at the same place of a 2 x 2 window together. */
const OUTPUTS = [0, 1].flatMap((p) =>
  [0, 1].flatMap((q) => [0, 1].flatMap((i) => [0, 1].map((j): [number, number] => [2 * i + p, 2 * j + q]))),
);
const placeOf = (row: number, column: number): number => OUTPUTS.findIndex(([i, j]) => i === row && j === column);

/** A 3 x 3 convolution of images of known size. */
export interface Plane {
  readonly pads: Pads;
  readonly input: Shape;
  readonly output: Shape;
}

/** Convolves an image whose order is `spatial` with a transformed kernel. No bias is added. */
export function winograd(graph: GraphBuilder, { pads, input, output }: Plane, x: Value, kernel: Name): Value {
  const [rows, columns, filters] = output;
  const [down, across] = [Math.ceil(rows / TILE), Math.ceil(columns / TILE)];
  const [top, left] = pads;
  const after = [TILE * down + 2 - input[0] - top, TILE * across + 2 - input[1] - left];
  const transform = graph.constant(
    'winograd_input',
    [PLACES, 1, PATCH, PATCH, 1],
    Float32Array.from(B.flatMap((u) => B.flatMap((v) => u.flatMap((i) => v.map((j) => i * j))))),
  );
  const patches = graph.node('Conv', [reshaped(graph, x.name, [1, 1, input[0], input[1], -1]), transform], {
    kernel_shape: { ints: [PATCH, PATCH, 1] },
    strides: { ints: [TILE, TILE, 1] },
    pads: { ints: [top, left, 0, after[0], after[1], 0] },
  });
  const products = graph.node('MatMul', [reshaped(graph, patches, [PLACES, -1, input[2]]), kernel]);
  const back = graph.constant(
    'winograd_output',
    [TILE * TILE, PLACES],
    Float32Array.from(OUTPUTS.flatMap(([a, b]) => A[a].flatMap((u) => A[b].map((v) => u * v)))),
  );
  const tiles = graph.node('MatMul', [back, reshaped(graph, products, [PLACES, -1])]);
  const name = fromTiles(graph, tiles, TILE, [down, across], output);
  return { name: reshaped(graph, name, [rows, columns, -1, filters]), shape: output, order: 'spatial' };
}

/** Lays the pixels of tiles, [pixel of a tile, tile, N, channels], out as an image: [pixels, N x channels]. */
function fromTiles(
  graph: GraphBuilder,
  tiles: Name,
  side: number,
  [down, across]: readonly [number, number],
  [rows, columns]: Shape,
): Name {
  const pixels = Array.from({ length: rows * columns }, (_, pixel) => {
    const [row, column] = [Math.floor(pixel / columns), pixel % columns];
    const place = side === TILE ? placeOf(row % side, column % side) : (row % side) * side + (column % side);
    return (place * down + Math.floor(row / side)) * across + Math.floor(column / side);
  });
  const places = graph.integerTable(`tiles_${side}_${rows}_${columns}`, pixels);
  return graph.node('Gather', [reshaped(graph, tiles, [side * side * down * across, -1]), places], {
    axis: { int: 0 },
  });
}

/**
 * The maxima of 2 x 2 pixels of an image that ends in {@link winograd}, with a bias and Relu after it or not: of each
 * tile's pixels before they are laid out, which is a quarter of the work after it and the same numbers. Undefined for
 * other images.
 */
export function pooledTiles(graph: GraphBuilder, { name, shape, order }: Value): Value | undefined {
  const [rows, columns, filters] = shape;
  if (order !== 'spatial' || (rows % 2) + (columns % 2) > 0) return undefined;
  const after: Node[] = [];
  let node = graph.producer(name);
  for (; node !== undefined && keepsOrder(graph, node); node = graph.producer(node.inputs[0])) after.unshift(node);
  const tiles = node?.op === 'Reshape' ? tilesOf(graph, node.inputs[0]) : undefined;
  if (tiles === undefined) return undefined;
  const largest = graph.node('ReduceMax', [reshaped(graph, tiles, [4, -1])], {
    axes: { ints: [0] },
    keepdims: { int: 0 },
  });
  const output = [rows / 2, columns / 2, filters];
  const grid = [Math.ceil(rows / TILE), Math.ceil(columns / TILE)] as const;
  const image = reshaped(graph, fromTiles(graph, largest, TILE / 2, grid, output), [
    rows / 2,
    columns / 2,
    -1,
    filters,
  ]);
  const activated = after.reduce((value, { op, inputs }) => graph.node(op, [value, ...inputs.slice(1)]), image);
  return { name: activated, shape: output, order };
}

/** Whether a node does the same to all pixels, and the larger of two stays the larger. A sum of images does not. */
function keepsOrder(graph: GraphBuilder, { op, inputs }: Node): boolean {
  return op === 'Relu' || (op === 'Add' && graph.producer(inputs[1]) === undefined);
}

/** What {@link fromTiles} laid out. */
function tilesOf(graph: GraphBuilder, value: Name): Name | undefined {
  const gather = graph.producer(value);
  const shaped =
    gather?.op === 'Gather' && gather.inputs[1].startsWith(`tiles_${TILE}_`)
      ? graph.producer(gather.inputs[0])
      : undefined;
  return shaped?.inputs[0];
}

const reshaped = (graph: GraphBuilder, x: Name, dims: readonly number[]): Name =>
  graph.node('Reshape', [x, graph.integers(dims)]);
