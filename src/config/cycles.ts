/** Finds stages that read each other in a cycle. */
import type { Problem } from '../core/problem.js';
import type { ReferenceField } from './pipeline.js';
import type { Locator } from './locator.js';

/** A stage, and one that it reads. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly field: ReferenceField;
}

/** One problem for each reference that closes a cycle, found depth first in the order of the file. */
export function cycleProblems(edges: readonly Edge[], locator: Locator): Problem[] {
  const problems: Problem[] = [];
  const done = new Set<string>();
  const edgesFrom = new Map<string, Edge[]>();
  for (const edge of edges) {
    const others = edgesFrom.get(edge.from);
    if (others === undefined) edgesFrom.set(edge.from, [edge]);
    else others.push(edge);
  }
  // Walks with a stack of its own, because a file may hold thousands of stages in a row.
  for (const { from: start } of edges) {
    if (done.has(start)) continue;
    const trail: { readonly name: string; readonly edges: Edge[]; readonly by?: Edge }[] = [];
    const depths = new Map<string, number>();
    const enter = (name: string, by?: Edge) =>
      depths.set(name, trail.push({ name, by, edges: [...(edgesFrom.get(name) ?? [])] }) - 1);
    enter(start);
    while (trail.length > 0) {
      const current = trail[trail.length - 1];
      const edge = current.edges.shift();
      if (edge === undefined) {
        done.add(current.name);
        depths.delete(current.name);
        trail.pop();
        continue;
      }
      const index = depths.get(edge.to);
      if (index !== undefined)
        problems.push(cycleProblem([...trail.slice(index + 1).flatMap(({ by }) => by ?? []), edge], locator));
      else if (!done.has(edge.to)) enter(edge.to, edge);
    }
  }
  return problems;
}

/** Names the stages in the order in which they read each other, with the place of each reference. */
function cycleProblem(cycle: readonly Edge[], locator: Locator): Problem {
  const closing = cycle[cycle.length - 1];
  const path = (edge: Edge) => ['stages', edge.from, edge.field];
  const names = [closing.to, ...cycle.map((edge) => edge.to)].join(' -> ');
  const others = cycle
    .slice(0, -1)
    .map((edge) => `\`${edge.from}\` reads \`${edge.to}\` (${locator.mention(path(edge))})`);
  return {
    code: 'cycle',
    ...locator.at(path(closing)),
    found: `${cycle.length === 1 ? `\`${closing.from}\` reads itself` : 'these stages form a cycle'}: ${names}`,
    expected: ['a stage that does not depend on this one', ...others].join('; '),
    remedy: `change \`${closing.field}\` to another stage`,
  };
}
