/** Rules about `cross_validation`. */
import type { Problem } from '../../core/problem.js';
import type { PipelineConfig } from '../../core/schema-types.js';
import { heldOutEvaluation, rootOf } from '../folds.js';
import { type LintContext, stagesByName, stagesOf } from './lineage.js';

export function crossValidation({ stages, locator }: LintContext, project: PipelineConfig | undefined): Problem[] {
  const asked = project?.cross_validation;
  if (asked === undefined) return [];
  const trainings = stagesOf(stages, 'train');
  if (trainings.length === 0) {
    const found = '`cross_validation` needs a train stage, but there is none';
    const remedy = 'add a train stage, or remove `cross_validation`';
    return [{ code: 'no-training-for-folds', ...locator.at(['cross_validation'], 'key'), found, remedy }];
  }
  const byName = stagesByName(stages);
  const ofTrainings = trainings.flatMap((train): Problem[] => {
    const { name, config, references } = train;
    const problems: Problem[] = [];
    const monitor = config.reduce_on_plateau?.monitor;
    if (asked.final === 'retrain' && monitor?.startsWith('val_')) {
      problems.push({
        code: 'monitor-not-measured',
        ...locator.at(['stages', name, 'reduce_on_plateau', 'monitor']),
        found: `\`reduce_on_plateau\` monitors \`${monitor}\`, but the final training of a cross-validation has no validation images`,
        expected: 'a metric of the training images, or a schedule',
        remedy: `write \`monitor: ${monitor.slice('val_'.length)}\`, use \`schedule\` instead, or take the folds' models with \`cross_validation: {final: ensemble}\``,
      });
    }
    const before = byName.get(references.from ?? '');
    if (before !== undefined && rootOf(before, byName) !== rootOf(train, byName)) {
      problems.push({
        code: 'folds-of-other-images',
        ...locator.at(['stages', name, references.data === config.data ? 'data' : 'from']),
        found: `\`${name}\` and \`${before.name}\`, which it continues, train on images of different stages: an image could be held out in one and trained on in the other`,
        expected: 'the same ingest stage in both',
        remedy: 'use the same ingest stage in both, or remove `cross_validation`',
      });
    }
    return problems;
  });
  return [...ofTrainings, ...nothingToChooseOn({ stages, locator })];
}

/** The final model has no validation images: its thresholds are chosen on what the folds hold out. */
function nothingToChooseOn({ stages, locator }: Pick<LintContext, 'stages' | 'locator'>): Problem[] {
  const byName = stagesByName(stages);
  return stagesOf(stages, 'evaluate').flatMap((evaluation): Problem[] => {
    const { name, config, references } = evaluation;
    const trained = byName.get(references.model ?? '');
    if (config.threshold !== 'f1' || config.split === 'validation' || trained?.kind !== 'train') return [];
    const sameImages = rootOf(evaluation, byName) === rootOf(trained, byName);
    if (!sameImages || heldOutEvaluation(evaluation, [...stages], byName) !== undefined) return [];
    return [
      {
        code: 'no-held-out-evaluation',
        ...locator.at(['stages', name, 'threshold']),
        found: `with \`cross_validation\`, \`threshold: f1\` chooses thresholds on the held-out images of the folds, but no evaluate stage measures \`${trained.name}\` on them`,
        expected: 'an evaluate stage with `split: validation` for the same model',
        remedy: `add one, such as \`folds: {uses: evaluate, model: ${trained.name}, threshold: f1}\`, or write a number such as \`threshold: 0.5\``,
      },
    ];
  });
}
