/** Lays out the stage graph: layers from top to bottom, independent stages side by side. */
import type { RecordedNode } from '../../core/run-record.js';

/** A stage of the file: variants of a matrix are drawn as one. */
export interface DrawnStage {
  readonly name: string;
  readonly kind: string;
  /** Names of stages that it depends on, without those implied by others. */
  readonly after: readonly string[];
  /** The stages of the run that it represents. */
  readonly members: readonly string[];
  readonly layer: number;
  readonly lane: number;
}

export function layOut(graph: readonly RecordedNode[]): DrawnStage[] {
  const stages = joinVariants(graph);
  const layers = new Map<string, number>();
  const layerOf = (name: string): number => {
    const known = layers.get(name);
    if (known !== undefined) return known;
    const layer = Math.max(-1, ...stages.get(name)!.after.map(layerOf)) + 1;
    layers.set(name, layer);
    return layer;
  };
  const taken = new Map<number, Set<number>>();
  const lanes = new Map<string, number>();
  const inOrder = [...stages.values()].sort((a, b) => layerOf(a.name) - layerOf(b.name));
  return inOrder.map((stage) => {
    const layer = layerOf(stage.name);
    const after = withoutImplied(stage.after, stages);
    const used = taken.get(layer) ?? new Set();
    taken.set(layer, used);
    // Below the deepest dependency, so that the longest chain is a straight line.
    const nearest = [...after].sort((a, b) => layerOf(b) - layerOf(a))[0];
    let lane = nearest === undefined ? 0 : lanes.get(nearest)!;
    while (used.has(lane)) lane++;
    used.add(lane);
    lanes.set(stage.name, lane);
    return { ...stage, after, layer, lane };
  });
}

type Joined = Omit<DrawnStage, 'layer' | 'lane'>;

function joinVariants(graph: readonly RecordedNode[]): Map<string, Joined> {
  const baseOf = new Map(graph.map(({ name, variant }) => [name, variant?.base ?? name]));
  const stages = new Map<string, Joined>();
  for (const { name, kind, reads, gates, folds = [] } of graph) {
    const base = baseOf.get(name)!;
    const read = [...Object.values(reads), ...gates, ...folds].map((other) => baseOf.get(other) ?? other);
    const after = read.filter((other) => other !== base);
    const joined = stages.get(base) ?? { name: base, kind, after: [], members: [] };
    stages.set(base, {
      ...joined,
      after: [...new Set([...joined.after, ...after])],
      members: [...joined.members, name],
    });
  }
  return stages;
}

/** Removes dependencies that others of the list already depend on. */
function withoutImplied(after: readonly string[], stages: ReadonlyMap<string, Joined>): string[] {
  const reaches = (from: string, to: string): boolean =>
    stages.get(from)!.after.some((name) => name === to || reaches(name, to));
  return after.filter((name) => !after.some((other) => other !== name && reaches(other, name)));
}
