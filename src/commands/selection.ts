/** Which stages a call is about. */
import { nearest } from '../core/nearest.js';
import { failure } from '../core/problem.js';
import { withAncestors, withDescendants, type StageGraph } from '../runner/graph.js';

export interface SelectionOptions {
  /** Run just these; what they need must be current. */
  readonly only?: readonly string[];
  /** Run this one and all after it; what they need must be current. */
  readonly from?: string;
  /** Run these, or all, even where they are current. */
  readonly force?: boolean | readonly string[];
}

export interface Selection {
  readonly selected: ReadonlySet<string>;
  readonly forced: ReadonlySet<string>;
}

/** `stages` are named with all that they need. Throws `invalid` for a stage that is not there. */
export function select(graph: StageGraph, stages: readonly string[], { only, from, force }: SelectionOptions): Selection {
  const all = new Set(graph.byName.keys());
  const forcedNames = Array.isArray(force) ? (force as readonly string[]) : [];
  for (const name of [...stages, ...(only ?? []), ...(from === undefined ? [] : [from]), ...forcedNames]) requireStage(graph, name);
  const selected = only ? new Set(only) : from !== undefined ? withDescendants(graph, [from]) : stages.length > 0 ? withAncestors(graph, stages) : all;
  const forced = force === true ? selected : new Set(forcedNames);
  return { selected, forced };
}

export function requireStage(graph: StageGraph, name: string): void {
  if (graph.byName.has(name)) return;
  const names = [...graph.byName.keys()];
  const close = nearest(name, names);
  throw failure('invalid', {
    code: 'unknown-stage',
    where: name,
    found: 'is no stage of this pipeline',
    expected: `one of ${names.join(', ')}`,
    remedy: close === undefined ? undefined : `did you mean ${close}?`,
  });
}
