/** Questions about who reads whom, for rules that look at several stages. */
import type { StageKind } from '../../core/schema-types.js';
import type { ReferenceField, Stage } from '../pipeline.js';
import type { Places } from '../places.js';

/** What rules look at: the stages that are valid by themselves, with their references. */
export interface LintContext {
  readonly stages: readonly Stage[];
  readonly places: Places;
  /** Absolute path that paths in the file start from. */
  readonly root: string;
}

export function isKind<Kind extends StageKind>(stage: Stage, kind: Kind): stage is Stage<Kind> {
  return stage.kind === kind;
}

export function stagesOf<Kind extends StageKind>(stages: readonly Stage[], kind: Kind): Stage<Kind>[] {
  return stages.filter((stage): stage is Stage<Kind> => isKind(stage, kind));
}

/** The stages that a stage reads by one field, the nearest first: for a build-head's `base`, its freeze, then its load-base. */
export function lineage(stages: readonly Stage[], stage: Stage, field: ReferenceField): Stage[] {
  const found: Stage[] = [];
  let current: Stage | undefined = stage;
  while (current !== undefined) {
    const name: string | undefined = current.references[field];
    current = stages.find((other) => other.name === name && !found.includes(other));
    if (current !== undefined) found.push(current);
  }
  return found;
}

export function nearestOf<Kind extends StageKind>(
  stages: readonly Stage[],
  stage: Stage,
  field: ReferenceField,
  kind: Kind,
): Stage<Kind> | undefined {
  return stagesOf(lineage(stages, stage, field), kind)[0];
}

/** What one train stage brings together, as far as it is there. */
export interface Training {
  readonly train: Stage<'train'>;
  /** The head that is trained, also where the stage goes on from another training. */
  readonly head: Stage<'build-head'> | undefined;
  readonly base: Stage<'load-base'> | undefined;
  readonly augments: readonly Stage<'augment'>[];
  readonly ingest: Stage<'ingest'> | undefined;
}

export function trainings(stages: readonly Stage[]): Training[] {
  return stagesOf(stages, 'train').map((train) => {
    const first = stagesOf(lineage(stages, train, 'from'), 'train').at(-1) ?? train;
    const head = nearestOf(stages, first, 'model', 'build-head');
    return {
      train,
      head,
      base: head === undefined ? undefined : nearestOf(stages, head, 'base', 'load-base'),
      augments: stagesOf(lineage(stages, train, 'data'), 'augment'),
      ingest: nearestOf(stages, train, 'data', 'ingest'),
    };
  });
}
