/** The stages as a dependency graph, in an order in which each comes after those that it reads. */
import type { Pipeline, Stage } from '../config/pipeline.js';
import type { StageDefinition } from '../core/stage.js';
import type { StageKind } from '../core/schema-types.js';

/** The kinds by name, handed in from outside: the runner knows no stage. */
export type StageTable = { readonly [Kind in StageKind]: StageDefinition<Kind> };

export interface Node {
  readonly stage: Stage;
  readonly definition: StageDefinition;
  /** Stages that this one reads or waits for. */
  readonly dependencies: readonly string[];
  /** Evaluations whose verdict an export waits for. */
  readonly gates: readonly string[];
}

export interface StageGraph {
  /** In topological order; among the free ones, in the order of the file. */
  readonly nodes: readonly Node[];
  readonly byName: ReadonlyMap<string, Node>;
}

/** Builds the graph of a checked pipeline, whose references exist and make no cycle. */
export function buildGraph(pipeline: Pipeline, table: StageTable): StageGraph {
  const nodes = pipeline.stages.map((stage): Node => {
    const definition = table[stage.kind] as StageDefinition;
    const gates = definition.reads.gates === undefined ? [] : evaluationsOf(pipeline, stage);
    return { stage, definition, gates, dependencies: [...new Set([...Object.values(stage.references), ...gates])] };
  });
  const byName = new Map(nodes.map((node) => [node.stage.name, node]));
  const ordered: Node[] = [];
  const seen = new Set<string>();
  const visit = (node: Node): void => {
    if (seen.has(node.stage.name)) return;
    seen.add(node.stage.name);
    for (const name of node.dependencies) visit(byName.get(name)!);
    ordered.push(node);
  };
  nodes.forEach(visit);
  return { nodes: ordered, byName };
}

/** The evaluations of the same model: their gates decide whether it may be exported. */
function evaluationsOf(pipeline: Pipeline, exporting: Stage): string[] {
  return pipeline.stages
    .filter((stage) => stage.kind === 'evaluate' && stage.references.model === exporting.references.model)
    .map((stage) => stage.name);
}

/** A stage and all that it needs. */
export function withAncestors(graph: StageGraph, names: Iterable<string>): Set<string> {
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    graph.byName.get(name)!.dependencies.forEach(visit);
  };
  for (const name of names) visit(name);
  return found;
}

/** A stage and all that reads from it, directly or not. */
export function withDescendants(graph: StageGraph, names: Iterable<string>): Set<string> {
  const found = new Set(names);
  for (const node of graph.nodes) {
    if (node.dependencies.some((name) => found.has(name))) found.add(node.stage.name);
  }
  return found;
}
