/**
 * Turns trainings and their evaluations into one per fold, beside the stages of the file: `train` becomes `train@fold-1`
 * and so on, which each hold out a part of the images, and itself, which makes the final model. `evaluate` sums up what
 * its folds measured. Stages before the trainings stay single, and so does everything that uses the final model.
 */
import type { Part } from '../core/cross-validation.js';
import type { PipelineConfig } from '../core/schema-types.js';
import { DEFAULT_THRESHOLD } from '../core/task.js';
import { isKind } from './lint/lineage.js';
import type { Stage } from './pipeline.js';
import { type Expansion, MARK } from './variants.js';

type CrossValidation = NonNullable<PipelineConfig['cross_validation']>;

export function withFolds({ stages, variants }: Expansion, { folds, final }: CrossValidation): Expansion {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const all = new Map(variants);
  const numbers = Array.from({ length: folds }, (_, index) => index + 1);
  const last: Part = { kind: 'final', model: final };

  const foldsOf = (stage: Stage): Stage[] =>
    numbers.map((fold) => {
      const name = foldName(stage.name, fold);
      const { base, values, combination } = variants.get(stage.name) ?? {
        base: stage.name,
        values: {},
        combination: [],
      };
      all.set(name, { base, values, combination, fold });
      const references = Object.entries(stage.references).map(([field, to]) => [
        field,
        byName.get(to)?.kind === 'train' ? foldName(to, fold) : to,
      ]);
      return { ...stage, name, references: Object.fromEntries(references), part: { kind: 'fold', fold, folds } };
    });

  const expanded = stages.flatMap((stage): Stage[] => {
    if (isKind(stage, 'train')) {
      const made = foldsOf(stage);
      const names = made.map(({ name }) => name);
      if (final === 'ensemble') return [...made, { ...stage, part: last, references: {}, folds: names }];
      // Their best epochs say how long to train.
      return [...made, { ...stage, part: last, ...(stage.config.early_stopping && { folds: names }) }];
    }
    const trained = byName.get(stage.references.model ?? '');
    if (trained?.kind !== 'train' || rootOf(stage, byName) !== rootOf(trained, byName)) return [stage];
    if (!isKind(stage, 'evaluate')) return [{ ...stage, part: last }];
    if (stage.config.split !== 'validation') {
      // Thresholds are chosen on held-out images, which the final model does not have.
      const chooses = stage.config.threshold === 'f1' ? heldOutEvaluation(stage, stages, byName) : undefined;
      return [{ ...stage, part: last, ...(chooses && { folds: numbers.map((fold) => foldName(chooses.name, fold)) }) }];
    }
    // Only the sum is judged, and only it chooses thresholds: on the images of all folds.
    const { minimum: _, ...config } = stage.config;
    const made = foldsOf({
      ...stage,
      config: { ...config, threshold: config.threshold === 'f1' ? DEFAULT_THRESHOLD : config.threshold },
    });
    const { model, ...references } = stage.references;
    const sum = { part: { kind: 'summary', folds }, folds: made.map(({ name }) => name), measures: model } as const;
    return [...made, { ...stage, ...sum, references }];
  });
  return { stages: expanded, variants: all };
}

function foldName(name: string, fold: number): string {
  return `${name}${name.includes(MARK) ? ',' : MARK}fold-${fold}`;
}

/** The evaluation of the same model on the images that its folds hold out; undefined if there is none. */
export function heldOutEvaluation(
  evaluation: Stage,
  stages: readonly Stage[],
  byName: ReadonlyMap<string, Stage>,
): Stage | undefined {
  const { model } = evaluation.references;
  return stages.find(
    (other) =>
      isKind(other, 'evaluate') &&
      other.config.split === 'validation' &&
      other.references.model === model &&
      rootOf(other, byName) === rootOf(byName.get(model!)!, byName),
  );
}

/** The stage that a stage's images come from in the first place. */
export function rootOf(stage: Stage, byName: ReadonlyMap<string, Stage>): string | undefined {
  let { data } = stage.references;
  for (let next = data; next !== undefined; next = byName.get(next)?.references.data) data = next;
  return data;
}
