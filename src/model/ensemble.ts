/** Several trainings of one network as one network, which averages their logits. */
import { finalActivationOf, logitsGraph } from './logits.js';
import { type Graph, type Layer, outputOf } from './graph.js';
import { splitAtFrozen } from './split.js';
import { layerOfWeight, type Tensor, type Weights } from './tensor.js';
import { sameBits } from './tensor-bytes.js';

export interface Averaged {
  readonly graph: Graph;
  /** Of the layers that are not shared. */
  readonly weights: Weights;
  /** How many layers all members share; these come first. */
  readonly shared: number;
}

/**
 * The network with a branch for each member, behind the layers that no training changed. Each branch ends in its logits,
 * and the final activation is that of their mean: for probabilities the normalized geometric mean.
 */
export function averaged(graph: Graph, members: readonly Weights[]): Averaged {
  const differing = layersThatDiffer(members);
  // An earlier training may have changed layers that a later one froze.
  const varied = graph.layers.map((layer): Layer =>
    differing.has(layer.name) ? { ...layer, trainable: true } : layer,
  );
  const { prefix, suffix } = splitAtFrozen({ ...graph, layers: varied });
  const [input, ...own] = logitsGraph(suffix).layers;
  const branches = members.map((weights, index) => {
    const renamed = (name: string): string => (name === input.name ? name : `fold_${index + 1}_${name}`);
    const layers = own.map((layer): Layer => ({
      ...layer,
      name: renamed(layer.name),
      inputs: layer.inputs.map(renamed),
    }));
    const names = new Set(own.map(({ name }) => name));
    const kept = [...weights].filter(([name]) => names.has(layerOfWeight(name)));
    return { layers, weights: kept.map(([name, tensor]): [string, Tensor] => [renamed(name), tensor]) };
  });
  const plain = { trainable: false } as const;
  const ends = branches.map(({ layers }) => layers[layers.length - 1].name);
  const mean: Layer[] = [
    { ...plain, kind: 'add', name: 'folds_sum', inputs: ends },
    { ...plain, kind: 'rescaling', name: 'folds_mean', inputs: ['folds_sum'], scale: 1 / members.length, offset: 0 },
    {
      ...plain,
      kind: 'activation',
      name: outputOf(graph).name,
      inputs: ['folds_mean'],
      activation: finalActivationOf(graph),
    },
  ];
  return {
    graph: { ...graph, layers: [...prefix.layers, ...branches.flatMap(({ layers }) => layers), ...mean] },
    weights: new Map(branches.flatMap((branch) => branch.weights)),
    shared: prefix.layers.length,
  };
}

function layersThatDiffer([first, ...others]: readonly Weights[]): Set<string> {
  const differing = [...first].filter(([name, tensor]) => others.some((other) => !isSame(tensor, other.get(name))));
  return new Set(differing.map(([name]) => layerOfWeight(name)));
}

function isSame({ data }: Tensor, other: Tensor | undefined): boolean {
  return other !== undefined && sameBits(data, other.data);
}
