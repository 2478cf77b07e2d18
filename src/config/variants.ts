/** Turns the combinations of a matrix into stages with names of their own; what no axis reaches stays single. */
import { withoutTrailing } from '../core/text/trailing.js';
import type { Axis, Combination } from './matrix.js';
import type { Stage, Variant } from './pipeline.js';
import { ownFolders } from './schemas.js';

/** A pipeline at one combination, with the names of the file. */
export interface CombinedStages {
  readonly combination: Combination;
  /** The same names for every combination, in the order of the file. */
  readonly stages: readonly Stage[];
}

/** A variant, and the part of the combination that reaches it. */
interface ExpandedVariant extends Variant {
  readonly combination: Combination;
}

export interface Expansion {
  /** In the order of the file; variants of one stage in the order of the combinations. */
  readonly stages: readonly Stage[];
  /** By the names of stages that are variants. */
  readonly variants: ReadonlyMap<string, ExpandedVariant>;
}

/** Parts the name of a stage from what makes it a variant: names in a file hold none. */
export const MARK = '@';

/** The stage of the file that a stage is a variant of, or itself. */
export function baseOf(name: string): string {
  return name.split(MARK, 1)[0];
}

export function isVariantOf(name: string, base: string): boolean {
  return name.startsWith(base + MARK);
}

/** `units-64,rate-0.001`: in letters that names of files may have. */
function labelOf(combination: Combination): string {
  return combination.map(({ axis, index }) => `${axis.name}-${axis.texts[index]}`).join(',');
}

/** Names each stage by the values that reach it, so that what is the same in several combinations is there once. */
export function expand(axes: readonly Axis[], combined: readonly CombinedStages[]): Expansion {
  const reached = new Map(axes.map((axis) => [axis, stagesReachedBy(axis, combined)]));
  const reaching = (base: string, all: Combination) => all.filter(({ axis }) => reached.get(axis)?.has(base));
  const byName = new Map<string, Stage>();
  const variants = new Map<string, ExpandedVariant>();
  for (const [position] of combined[0].stages.entries()) {
    for (const { combination, stages } of combined) {
      const { name: base, ...stage } = stages[position];
      const nameOf = (stageName: string) =>
        [stageName, labelOf(reaching(stageName, combination))].filter(Boolean).join(MARK);
      const name = nameOf(base);
      if (byName.has(name)) continue;
      const own = reaching(base, combination);
      const references = Object.fromEntries(Object.entries(stage.references).map(([field, to]) => [field, nameOf(to)]));
      byName.set(name, withOwnFolders({ ...stage, name, references }, labelOf(own)));
      const values = Object.fromEntries(own.map(({ axis, index }) => [axis.name, axis.values[index]]));
      if (own.length > 0) variants.set(name, { base, values, combination: own });
    }
  }
  return { stages: [...byName.values()], variants };
}

/** The stage of an axis's field and all that read from it, directly or not, in any combination. */
function stagesReachedBy({ field: [, start] }: Axis, combined: readonly CombinedStages[]): ReadonlySet<string> {
  const readers = new Map<string, Set<string>>();
  for (const { name, references } of combined.flatMap(({ stages }) => stages)) {
    for (const to of Object.values(references)) readers.set(to, (readers.get(to) ?? new Set()).add(name));
  }
  const reached = new Set([start]);
  // Iterating over a set also visits what is added during the loop.
  for (const name of reached) for (const reader of readers.get(name) ?? []) reached.add(reader);
  return reached;
}

/** Folders that a stage replaces as a whole get a folder per variant below them. */
function withOwnFolders(stage: Stage, label: string): Stage {
  const fields = label === '' ? [] : ownFolders(stage.kind);
  if (fields.length === 0) return stage;
  const config: Readonly<Record<string, unknown>> = { ...stage.config };
  const folders = fields.map((field) => [field, `${withoutTrailing(String(config[field]), '/')}/${label}`]);
  return { ...stage, config: { ...config, ...Object.fromEntries(folders) } };
}
