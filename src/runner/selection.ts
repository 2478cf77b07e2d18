/** Which stages a call is about. A stage that a matrix multiplies stands for all its variants. */
import { baseOf, isVariantOf } from '../config/variants.js';
import { nameList } from '../core/text/names.js';
import { nearest } from '../core/text/did-you-mean.js';
import { failure } from '../core/problem.js';
import { withAncestors, withDescendants, type StageGraph } from './graph.js';

export interface SelectionOptions {
  /** Run just these; what they need must be current. */
  readonly only?: readonly string[];
  /** Run this one and all after it; what they need must be current. */
  readonly from?: string;
  /** Run these, or all, even if they are current. */
  readonly force?: boolean | readonly string[];
}

export interface Selection {
  readonly selected: ReadonlySet<string>;
  readonly forced: ReadonlySet<string>;
}

/**
 * `stages` are named with all that they need. Throws `invalid` for a stage that is not there, and for two ways of
 * choosing.
 */
export function select(
  graph: StageGraph,
  stages: readonly string[],
  { only, from, force }: SelectionOptions,
): Selection {
  refuseSeveral(stages, only, from);
  const named = (names: readonly string[]) => new Set(names.flatMap((name) => stagesNamed(graph, name)));
  const forced = named(Array.isArray(force) ? (force as readonly string[]) : []);
  const selected = selectedBy(graph, {
    only: only && named(only),
    from: from === undefined ? undefined : named([from]),
    stages: named(stages),
  });
  return { selected, forced: force === true ? selected : forced };
}

/** Each says by itself which stages are meant. */
function refuseSeveral(stages: readonly string[], only: readonly string[] | undefined, from: string | undefined): void {
  const ways = [
    only && '--only',
    from !== undefined && '--from',
    stages.length > 0 && `the ${stages.length === 1 ? 'stage' : 'stages'} ${stages.join(', ')}`,
  ];
  const [first, second] = ways.filter((way) => typeof way === 'string');
  if (second === undefined) return;
  const expected =
    'one of them: --only for just these stages, --from for a stage and all after it, or stage names for them and what they need';
  throw failure('invalid', {
    code: 'bad-option',
    where: first,
    found: `cannot be combined with ${second}`,
    expected,
    remedy: 'remove one of them',
  });
}

type Named = { readonly only?: Set<string>; readonly from?: Set<string>; readonly stages: Set<string> };

function selectedBy(graph: StageGraph, { only, from, stages }: Named): Set<string> {
  if (only !== undefined) return only;
  if (from !== undefined) return withDescendants(graph, from);
  return stages.size > 0 ? withAncestors(graph, stages) : new Set(graph.byName.keys());
}

/** The stage of this name, or all its variants. Throws `invalid` if there is none. */
export function stagesNamed(graph: StageGraph, name: string): string[] {
  if (graph.byName.has(name)) return [name];
  const all = [...graph.byName.keys()];
  const variants = all.filter((other) => isVariantOf(other, name));
  if (variants.length > 0) return variants;
  const base = baseOf(name);
  const bases = [...new Set(all.map(baseOf))];
  const siblings = all.filter((other) => isVariantOf(other, base));
  const close = nearest(name, [...bases, ...all]) ?? nearest(base, bases);
  throw failure('invalid', {
    code: 'unknown-stage',
    where: name,
    found: 'is not a stage of this pipeline',
    expected: `one of ${nameList(siblings.length > 0 ? siblings : bases, 'or')}`,
    remedy: close === undefined ? undefined : `did you mean \`${close}\`?`,
  });
}
