/** Convolutions in groups as TF.js has them: in one group, whose kernel is zero between groups. */
import type { Graph, Layer } from '../graph.js';
import type { Tensor, Weights } from '../tensor.js';

/** The same network without groups. Kernels become as many times larger as there are groups. */
export function ungrouped(graph: Graph, weights: Weights): { readonly graph: Graph; readonly weights: Weights } {
  const whole = new Map(weights);
  const layers = graph.layers.map((layer): Layer => {
    if (layer.kind !== 'conv2d' || layer.groups === undefined) return layer;
    const { groups, ...rest } = layer;
    const name = `${layer.name}/kernel`;
    whole.set(name, wholeKernel(weights.get(name)!, groups));
    return rest;
  });
  return { graph: { ...graph, layers }, weights: whole };
}

/** [height, width, in of a group, out] to [height, width, in, out]. */
function wholeKernel({ shape: [height, width, own, out], data }: Tensor, groups: number): Tensor {
  const shape = [height, width, own * groups, out];
  const whole = new Float32Array(data.length * groups);
  const made = out / groups;
  for (let row = 0; row * out < data.length; row++) {
    const [place, channel] = [Math.floor(row / own), row % own];
    for (let group = 0; group < groups; group++) {
      const from = row * out + group * made;
      whole.set(data.subarray(from, from + made), ((place * groups + group) * own + channel) * out + group * made);
    }
  }
  return { shape, data: whole };
}
