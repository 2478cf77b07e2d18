/** Kernels of 3 x 3 pixels as Winograd's algorithm takes them: 36 matrices, [36, in, out]. */
import type { Tensor } from '../../../model/tensor.js';
import type { GraphBuilder, Name } from '../builder.js';

/** G: the rows of a kernel to those of its transform. */
const G = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
];

/** Numbers in a transformed kernel for each pair of channels. */
export const PLACES = G.length ** 2;

/** A kernel [3, 3, in, out] whose numbers are known, computed in float64 and rounded once. */
export function transformedKernel({ shape: [, , read, made], data }: Tensor): Tensor {
  const size = read * made;
  const result = new Float32Array(PLACES * size);
  const row = new Float64Array(3 * size);
  G.forEach(([first, second, third], u) => {
    for (let at = 0; at < row.length; at++)
      row[at] = first * data[at] + second * data[at + row.length] + third * data[at + 2 * row.length];
    G.forEach(([left, middle, right], v) => {
      const from = (u * G.length + v) * size;
      for (let at = 0; at < size; at++)
        result[from + at] = left * row[at] + middle * row[at + size] + right * row[at + 2 * size];
    });
  });
  return { shape: [PLACES, read, made], data: result };
}

/** The same as nodes, for a kernel that each run is given. */
export function transformNodes(graph: GraphBuilder, kernel: Name, [read, made]: readonly number[]): Name {
  const rows = G.flatMap((u) => G.map((v) => u.flatMap((byRow) => v.map((byColumn) => byRow * byColumn))));
  return byMatrix(graph, 'winograd_kernel', rows, kernel, [read, made]);
}

/** The kernel of the gradient by the input: turned around, with in and out exchanged. */
export function turnedTransformNodes(graph: GraphBuilder, kernel: Name, [read, made]: readonly number[]): Name {
  const rows = G.flatMap((u) => G.map((v) => u.flatMap((byRow) => v.map((byColumn) => byRow * byColumn)).toReversed()));
  // Before the transform, when it is a quarter of the size.
  const exchanged = graph.node('Transpose', [kernel], { perm: { ints: [0, 1, 3, 2] } });
  return byMatrix(graph, 'winograd_kernel_turned', rows, exchanged, [made, read]);
}

function byMatrix(
  graph: GraphBuilder,
  name: Name,
  rows: readonly (readonly number[])[],
  kernel: Name,
  channels: readonly number[],
): Name {
  const matrix = graph.constant(name, [PLACES, 9], Float32Array.from(rows.flat()));
  const places = graph.node('Reshape', [kernel, graph.integers([9, -1])]);
  return graph.node('Reshape', [graph.node('MatMul', [matrix, places]), graph.integers([PLACES, ...channels])]);
}
