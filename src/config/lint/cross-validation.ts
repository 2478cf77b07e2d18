/** Rules about `cross_validation`. */
import type { Problem } from '../../core/problem.js';
import type { PipelineConfig } from '../../core/schema-types.js';
import { rootOf } from '../folds.js';
import { type LintContext, stagesByName, stagesOf, trainings as trainingsOf } from './lineage.js';

export function crossValidation({ stages, locator }: LintContext, project: PipelineConfig | undefined): Problem[] {
  const asked = project?.cross_validation;
  if (asked === undefined) return [];
  const trainings = stagesOf(stages, 'train');
  if (trainings.length === 0) {
    const found = '`cross_validation` needs a train stage, but there is none';
    const remedy = 'add a train stage, or remove `cross_validation`';
    return [{ code: 'no-training-for-folds', ...locator.at(['cross_validation'], 'key'), found, remedy }];
  }
  const several = trainingsOf(stages).find(({ ingest }) => ingest?.config.task === 'multilabel')?.ingest;
  if (several !== undefined)
    return [
      {
        code: 'folds-with-multilabel',
        ...locator.at(['cross_validation'], 'key'),
        found: `\`cross_validation\` needs images of one class each, but \`${several.name}\` has \`task: multilabel\``,
        expected: 'one of the two',
        remedy: 'remove `cross_validation`, and evaluate with `split: test`',
      },
    ];
  const byName = stagesByName(stages);
  return trainings.flatMap((train): Problem[] => {
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
}
