/** Fields that fit one task only: images that have one class each, or any number of classes. */
import type { Problem } from '../../core/problem.js';
import type { Multilabel } from '../../core/task.js';
import type { Stage } from '../pipeline.js';
import { endingOf } from '../../core/head-rules.js';
import { type LintContext, nearestOf, stagesOf, type Training, trainings } from './lineage.js';

/** The task of the images that a stage reads; undefined if each has one class. */
export function taskOf({ stages }: LintContext, stage: Stage): Multilabel | undefined {
  return nearestOf(stages, stage, 'data', 'ingest')?.config.task === 'multilabel' ? 'multilabel' : undefined;
}

/** A training weights images by their class, which an image of several classes has not. */
export function classWeightsOfTask({ stages, locator }: LintContext): Problem[] {
  return multilabelTrainings(stages).flatMap(({ train }) => {
    if (train.config.class_weight === undefined) return [];
    return [
      {
        code: 'class-weight-with-multilabel',
        ...locator.at(['stages', train.name, 'class_weight'], 'key'),
        found: '`class_weight` weights each image by its class, but with `task: multilabel` an image may have several',
        expected: 'no `class_weight`',
        remedy: 'remove it; `threshold: f1` in the evaluate stage chooses thresholds that suit rare classes',
      },
    ];
  });
}

/** The accuracy of the task has a name of its own, as in Keras. */
export function monitorsOfTask({ stages, locator }: LintContext): Problem[] {
  return trainings(stages).flatMap(({ train, ingest }) =>
    (['early_stopping', 'reduce_on_plateau'] as const).flatMap((field): Problem[] => {
      const monitor = train.config[field]?.monitor;
      if (monitor?.endsWith('accuracy') !== true) return [];
      const several = ingest?.config.task === 'multilabel';
      if (ingest === undefined || monitor.endsWith('binary_accuracy') === several) return [];
      const right = several ? monitor.replace('accuracy', 'binary_accuracy') : monitor.replace('binary_', '');
      return [
        {
          code: 'monitor-of-another-task',
          ...locator.at(['stages', train.name, field, 'monitor']),
          found: `\`${monitor}\` is not measured for ${several ? 'images of several classes' : 'images of one class each'}`,
          expected: `\`${right}\`, or a loss`,
          remedy: `write \`monitor: ${right}\``,
        },
      ];
    }),
  );
}

/** A written loss has to be the binary one, also if the classes are not known yet. */
export function lossOfTask({ stages, locator }: LintContext): Problem[] {
  return multilabelTrainings(stages).flatMap(({ train, head }) => {
    const written = train.config.loss === 'categorical_crossentropy';
    if (!written || head === undefined || endingOf(head.config.layers).kind !== 'classifier') return [];
    return [
      {
        code: 'loss-does-not-fit-classes',
        ...locator.at(['stages', train.name, 'loss']),
        found: '`categorical_crossentropy` is for images of one class each, but the task is `multilabel`',
        expected: '`binary_crossentropy`, or `auto`, which follows the task',
        remedy: 'write `loss: auto`',
      },
    ];
  });
}

/** An image of several classes counts for each of them: leaving it out for one would take it from the others. */
export function limitOfTask({ stages, locator }: LintContext): Problem[] {
  return stagesOf(stages, 'ingest').flatMap(({ name, config }) => {
    if (config.task !== 'multilabel' || config.per_class === undefined) return [];
    return [
      {
        code: 'per-class-with-multilabel',
        ...locator.at(['stages', name, 'per_class'], 'key'),
        found: '`per_class` limits the images of each class, but with `task: multilabel` an image may have several',
        expected: 'no `per_class`',
        remedy: 'remove it, or leave rows out of the table',
      },
    ];
  });
}

/** Only images of several classes have several labels in a cell, or a column per class. */
export function labelsOfTask({ stages, locator }: LintContext): Problem[] {
  return stagesOf(stages, 'ingest').flatMap(({ name, config: { labels, task } }): Problem[] => {
    // A pattern has no columns, which another rule reports.
    if (typeof labels !== 'object' || labels.pattern !== undefined) return [];
    const at = (field: string) => locator.at(['stages', name, 'labels', field], 'key');
    const expected = '`task: multilabel` beside `labels`';
    if (typeof labels.label === 'object') {
      if (task !== 'multilabel')
        return [
          {
            code: 'columns-of-another-task',
            ...at('label'),
            found: 'several columns of labels give an image any number of classes',
            expected,
            remedy: 'write `task: multilabel`, or name one column with the class of each image',
          },
        ];
      if (labels.separator !== undefined)
        return [
          {
            code: 'separator-with-columns',
            ...at('separator'),
            found: '`separator` divides the labels of a cell, but `label` names columns of 0 and 1',
            expected: 'one of them',
            remedy: 'remove `separator`, or name one column as `label`',
          },
        ];
    }
    if (labels.separator === undefined || task === 'multilabel') return [];
    return [
      {
        code: 'separator-of-another-task',
        ...at('separator'),
        found: '`separator` divides the labels of a cell into those of one image',
        expected,
        remedy: 'remove `separator`, or write `task: multilabel`',
      },
    ];
  });
}

/** Thresholds are chosen by class. */
export function thresholdOfTask(context: LintContext): Problem[] {
  const { stages, locator } = context;
  return stagesOf(stages, 'evaluate').flatMap((stage) => {
    if (stage.config.threshold !== 'f1' || taskOf(context, stage) === 'multilabel') return [];
    return [
      {
        code: 'threshold-of-another-task',
        ...locator.at(['stages', stage.name, 'threshold']),
        found: '`threshold: f1` chooses a threshold per class, which only images of several classes have',
        expected: 'a number, or `task: multilabel` in the ingest stage',
        remedy: 'write a number such as `threshold: 0.5`',
      },
    ];
  });
}

function multilabelTrainings(stages: LintContext['stages']): Training[] {
  return trainings(stages).filter(({ ingest }) => ingest?.config.task === 'multilabel');
}
