/** Rules about how training goes: its learning rate, its limits, and trainings that continue from another one. */
import { onlyMember } from '../../core/only-member.js';
import type { Problem } from '../../core/problem.js';
import type { FreezeConfig, TrainConfig } from '../../core/schema-types.js';
import type { FieldPath } from '../values.js';
import type { Stage } from '../pipeline.js';
import { isKind, type LintContext, nearestOf, stagesByName, stagesOf, type Training, trainings } from './lineage.js';

/** Only one rule can say what the learning rate is, and only one limit holds for gradients. */
export function ratesAndLimits({ stages, locator }: LintContext): Problem[] {
  return stagesOf(stages, 'train').flatMap(({ name, config }): Problem[] => {
    const { schedule, reduce_on_plateau: plateau, warmup_epochs: warmup, epochs } = config;
    const { kind: shape } = onlyMember(schedule);
    const problems: Problem[] = [];
    if (plateau !== undefined && shape !== 'constant') {
      const found = `\`reduce_on_plateau\` conflicts with \`schedule: ${shape}\`, which also sets the learning rate`;
      problems.push({
        code: 'two-schedules',
        ...locator.at(['stages', name, 'reduce_on_plateau']),
        found,
        expected: 'exactly one of them',
      });
    }
    if (warmup >= epochs && warmup > 0) {
      const found = `the warmup takes ${warmup} epochs, but training has ${epochs}`;
      problems.push({
        code: 'warmup-without-end',
        ...locator.at(['stages', name, 'warmup_epochs']),
        found,
        expected: `fewer than ${epochs} epochs`,
      });
    }
    const { kind, settings } = onlyMember(config.optimizer);
    const limits = (['clipnorm', 'global_clipnorm', 'clipvalue'] as const).filter(
      (limit) => settings[limit] !== undefined,
    );
    if (limits.length > 1) {
      const found = `\`${limits[1]}\` and \`${limits[0]}\` cannot be used together`;
      problems.push({
        code: 'two-limits',
        ...locator.at(['stages', name, 'optimizer', kind, limits[1]]),
        found,
        expected: 'one way of clipping gradients, as in Keras',
      });
    }
    return problems;
  });
}

/** Accuracy can be monitored only if it is measured. */
export function unmeasuredMonitors({ stages, locator }: LintContext): Problem[] {
  return stagesOf(stages, 'train').flatMap(({ name, config }) =>
    (['early_stopping', 'reduce_on_plateau'] as const).flatMap((field): Problem[] => {
      const monitor = config[field]?.monitor;
      if (monitor === undefined || !monitor.endsWith('accuracy') || config.metrics.includes('accuracy')) return [];
      const found = `\`${field}\` monitors \`${monitor}\`, but \`metrics\` does not include \`accuracy\``;
      const remedy = 'add `metrics: [accuracy]`, or monitor a loss';
      return [
        {
          code: 'monitor-not-measured',
          ...locator.at(['stages', name, field, 'monitor']),
          found,
          expected: '`val_loss` or `loss`, which are always measured',
          remedy,
        },
      ];
    }),
  );
}

/** `freeze` of a train stage changes what an earlier training froze. */
export function freezeWithFrom({ stages, locator }: LintContext): Problem[] {
  return stagesOf(stages, 'train').flatMap(({ name, config, references }): Problem[] => {
    if (config.freeze === undefined || references.from !== undefined || config.from !== undefined) return [];
    const found = '`freeze` only works in a train stage with `from`';
    const remedy = 'use a freeze stage instead, or add `from:` with the earlier train stage';
    return [
      {
        code: 'freeze-without-from',
        ...locator.at(['stages', name, 'freeze']),
        found,
        expected: '`freeze` together with `from`',
        remedy,
      },
    ];
  });
}

/**
 * Ten times the rates that Keras's guides fine-tune with: Adam at 1e-5 (https://keras.io/guides/transfer_learning), SGD
 * with momentum at 1e-4 (https://keras.io/api/applications, "Fine-tune InceptionV3"). Above, the first steps undo what
 * the base has learned.
 */
const highestRates: Readonly<Record<keyof TrainConfig['optimizer'], number>> = { adam: 1e-4, rmsprop: 1e-4, sgd: 1e-3 };

/** Warns of a learning rate that is too high for layers that are pretrained. */
export function fineTuningRate(context: LintContext): Problem[] {
  const boundaryOf = boundariesOf(context.stages);
  return trainings(context.stages).flatMap((training): Problem[] => {
    const { train, base } = training;
    const { kind, settings } = onlyMember(train.config.optimizer);
    const highest = highestRates[kind];
    if (
      base === undefined ||
      base.config.weights === 'random' ||
      settings.learning_rate <= highest ||
      !trainsBase(boundaryOf(training))
    )
      return [];
    const path: FieldPath = ['stages', train.name, 'optimizer', kind, 'learning_rate'];
    return [
      {
        code: 'fine-tuning-rate',
        ...context.locator.at(path),
        found: `the learning rate ${settings.learning_rate} is high for ${kind} when layers of \`${base.name}\` are trained: it may destroy what they have learned`,
        expected: `at most ${highest}; Keras's guides use a tenth of that`,
        remedy:
          train.references.from === undefined
            ? `freeze the base in this stage, then fine-tune in a second one with \`from: ${train.name}\`, \`freeze:\` and \`learning_rate: ${highest / 10}\``
            : `write \`learning_rate: ${highest / 10}\``,
      },
    ];
  });
}

/** Whether layers of the base are trained, as far as the file shows. */
function trainsBase(boundary: Boundary): boolean {
  return boundary !== undefined && boundary !== 'all' && !(Array.isArray(boundary) && boundary.includes('*'));
}

type Boundary = FreezeConfig['layers'] | undefined;

/**
 * What is frozen in a training: by its own `freeze`, that of the trainings before, or the freeze stage below its head.
 */
function boundariesOf(stages: LintContext['stages']): (training: Training) => Boundary {
  const byName = stagesByName(stages);
  const known = new Map<Stage, Boundary>();
  return ({ train, head }) => {
    const trail = new Set<Stage>();
    let current: Stage<'train'> | undefined = train;
    while (current !== undefined && !known.has(current) && !trail.has(current) && current.config.freeze === undefined) {
      trail.add(current);
      const before = byName.get(current.references.from ?? '');
      current = before !== undefined && isKind(before, 'train') ? before : undefined;
    }
    const boundary =
      current === undefined || trail.has(current)
        ? belowHead(stages, head)
        : known.has(current)
          ? known.get(current)
          : current.config.freeze;
    for (const one of trail) known.set(one, boundary);
    return boundary;
  };
}

/** Without a freeze stage every layer of the base is trained. */
function belowHead(stages: LintContext['stages'], head: Training['head']): Boundary {
  return head === undefined ? undefined : (nearestOf(stages, head, 'base', 'freeze')?.config.layers ?? 'none');
}
