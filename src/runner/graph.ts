/** The stages as a dependency graph, in an order in which each comes after those that it reads. */
import type { Pipeline, Stage } from '../config/pipeline.js';
import type { Outputs, StageDefinition } from '../core/stage.js';
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
  /** Stages whose results it reads, one per fold. */
  readonly folds: readonly string[];
}

export interface StageGraph {
  /** In topological order; among the free ones, in the order of the file. */
  readonly nodes: readonly Node[];
  readonly byName: ReadonlyMap<string, Node>;
}

/** Builds the graph of a checked pipeline, whose references exist and make no cycle. */
export function buildGraph(pipeline: Pipeline, table: StageTable): StageGraph {
  const evaluations = evaluationsByModel(pipeline, table);
  const nodes = pipeline.stages.map((stage): Node => {
    const definition = table[stage.kind] as StageDefinition;
    const gates = definition.reads.gates === undefined ? [] : (evaluations.get(stage.references.model) ?? []);
    const { references, folds = [] } = stage;
    const dependencies = [...new Set([...Object.values(references), ...folds, ...gates])];
    return { stage, definition, gates, folds, dependencies };
  });
  const byName = new Map(nodes.map((node) => [node.stage.name, node]));
  return { nodes: inOrder(nodes, byName), byName };
}

/** Depth first with a stack of its own, because a file may hold thousands of stages in a row. */
function inOrder(nodes: readonly Node[], byName: ReadonlyMap<string, Node>): Node[] {
  const ordered = new Set<Node>();
  const entered = new Set<Node>();
  for (const start of nodes) {
    const stack = [start];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      const isBack = entered.has(node);
      entered.add(node);
      if (isBack) ordered.add(stack.pop()!);
      else
        stack.push(
          ...node.dependencies
            .map((name) => byName.get(name)!)
            .filter((one) => !entered.has(one))
            .reverse(),
        );
    }
  }
  return [...ordered];
}

/** The evaluations of each model: their gates decide whether it may be exported. */
function evaluationsByModel(pipeline: Pipeline, table: StageTable): ReadonlyMap<string | undefined, string[]> {
  const found = new Map<string | undefined, string[]>();
  for (const { kind, name, references, measures } of pipeline.stages) {
    if (table[kind].metrics === undefined) continue;
    const model = references.model ?? measures;
    const others = found.get(model);
    if (others === undefined) found.set(model, [name]);
    else others.push(name);
  }
  return found;
}

/** What is known of a stage's outputs while the graph is walked; undefined if they are not. */
export type KnownOutputs = (stage: string) => Outputs | undefined;

/**
 * A visit returns the outputs of the stage, as far as they are known; `unknown` is the first dependency whose outputs
 * are not.
 */
export type Visit = (node: Node, outputs: KnownOutputs, unknown: string | undefined) => Promise<Outputs | undefined>;

/** Visits each stage after those that it reads or waits for, with the outputs that their visits returned. */
export async function walkKnown({ nodes }: StageGraph, visit: Visit): Promise<void> {
  const known = new Map<string, Outputs>();
  for (const node of nodes) {
    const unknown = node.dependencies.find((name) => !known.has(name));
    const outputs = await visit(node, (name) => known.get(name), unknown);
    if (outputs !== undefined) known.set(node.stage.name, outputs);
  }
}

/** A stage and all that it needs. */
export function withAncestors(graph: StageGraph, names: Iterable<string>): Set<string> {
  const found = new Set(names);
  // Iterating over a set also visits what is added during the loop.
  for (const name of found) for (const before of graph.byName.get(name)!.dependencies) found.add(before);
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
