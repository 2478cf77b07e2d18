/** Which stage reads which, for rules that look at several stages. */
import type { StageKind } from '../../core/schema-types.js';
import type { ReferenceField, Stage } from '../pipeline.js';
import type { Locator } from '../locator.js';

/** What rules look at: the stages that are valid by themselves, with their references. */
export interface LintContext {
  readonly stages: readonly Stage[];
  readonly locator: Locator;
  /** Absolute path that paths of what is read start from. */
  readonly root: string;
  /** Absolute path that paths of what is written start from. */
  readonly home: string;
}

export function isKind<Kind extends StageKind>(stage: Stage, kind: Kind): stage is Stage<Kind> {
  return stage.kind === kind;
}

export function stagesOf<Kind extends StageKind>(stages: readonly Stage[], kind: Kind): Stage<Kind>[] {
  return stages.filter((stage): stage is Stage<Kind> => isKind(stage, kind));
}

/**
 * The stages that a stage reads by one field, the nearest first: for a build-head's `base`, its freeze, then its
 * load-base.
 */
function lineage(stages: readonly Stage[], stage: Stage, field: ReferenceField): Stage[] {
  const byName = stagesByName(stages);
  const found = new Set<Stage>();
  let current: Stage | undefined = stage;
  while (current !== undefined) {
    const next: Stage | undefined = byName.get(current.references[field] ?? '');
    current = next !== undefined && !found.has(next) ? next : undefined;
    if (current !== undefined) found.add(current);
  }
  return [...found];
}

const indexes = new WeakMap<readonly Stage[], ReadonlyMap<string, Stage>>();

/** The stages by name; made once for a list, because files may have thousands of stages. */
export function stagesByName(stages: readonly Stage[]): ReadonlyMap<string, Stage> {
  const index = indexes.get(stages) ?? new Map(stages.map((stage) => [stage.name, stage]));
  indexes.set(stages, index);
  return index;
}

export function nearestOf<Kind extends StageKind>(
  stages: readonly Stage[],
  stage: Stage,
  field: ReferenceField,
  kind: Kind,
): Stage<Kind> | undefined {
  const byName = stagesByName(stages);
  const seen = new Set<Stage>();
  let current = byName.get(stage.references[field] ?? '');
  while (current !== undefined && !seen.has(current)) {
    if (isKind(current, kind)) return current;
    seen.add(current);
    current = byName.get(current.references[field] ?? '');
  }
  return undefined;
}

/** What one train stage brings together, as far as it is there. */
export interface Training {
  readonly train: Stage<'train'>;
  /** The head that is trained, also where the stage continues from another training. */
  readonly head: Stage<'build-head'> | undefined;
  readonly base: Stage<'load-base'> | undefined;
  readonly augments: readonly Stage<'augment'>[];
  readonly ingest: Stage<'ingest'> | undefined;
}

const known = new WeakMap<readonly Stage[], readonly Training[]>();

export function trainings(stages: readonly Stage[]): readonly Training[] {
  const all = known.get(stages) ?? trainingsOf(stages);
  known.set(stages, all);
  return all;
}

function trainingsOf(stages: readonly Stage[]): Training[] {
  const firstOf = chainsOf(stages);
  const heads = new Map<Stage, Pick<Training, 'head' | 'base'>>();
  const sources = new Map<string | undefined, Pick<Training, 'augments' | 'ingest'>>();
  return stagesOf(stages, 'train').map((train) => {
    const first = firstOf(train);
    const model = heads.get(first) ?? modelOf(stages, first);
    heads.set(first, model);
    // Trainings share their images more often than not.
    const source = sources.get(train.references.data) ?? {
      augments: stagesOf(lineage(stages, train, 'data'), 'augment'),
      ingest: nearestOf(stages, train, 'data', 'ingest'),
    };
    sources.set(train.references.data, source);
    return { train, ...model, ...source };
  });
}

function modelOf(stages: readonly Stage[], first: Stage): Pick<Training, 'head' | 'base'> {
  const head = nearestOf(stages, first, 'model', 'build-head');
  return { head, base: head === undefined ? undefined : nearestOf(stages, head, 'base', 'load-base') };
}

/** The training that a chain of `from` begins with; each chain is walked once. */
function chainsOf(stages: readonly Stage[]): (train: Stage) => Stage {
  const byName = stagesByName(stages);
  const firsts = new Map<Stage, Stage>();
  return (train) => {
    const trail = new Set<Stage>();
    let current = train;
    while (!firsts.has(current) && !trail.has(current)) {
      trail.add(current);
      const before = byName.get(current.references.from ?? '');
      if (before === undefined || !isKind(before, 'train') || trail.has(before)) break;
      current = before;
    }
    const first = firsts.get(current) ?? current;
    for (const one of trail) firsts.set(one, first);
    return first;
  };
}
