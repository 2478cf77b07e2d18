/** evaluate: measures a trained model on one split, with cached features, and compares the metrics with minimums. */
import { compareCodePoints, type Json } from '../../core/canonical.js';
import type { Guard } from '../../core/guards.js';
import { formatCsv } from '../../core/text/csv.js';
import { PipelineError, type Problem } from '../../core/problem.js';
import type { StageDefinition } from '../../core/stage.js';
import { resolveEngine } from '../../engine/resolve.js';
import { isFiles, type Files } from '../../image/dataset.js';
import { decoderIdentity } from '../../image/identity.js';
import { isEvaluationMetrics, isPredictions, type Predictions } from '../../model/results.js';

export const evaluate: StageDefinition<'evaluate'> = {
  kind: 'evaluate',
  impl: 3,
  metrics: 'metrics',
  reads: { model: ['model'], data: ['spec', 'samples'], folds: ['metrics', 'predictions'] },
  // Folds do not divide them.
  readsInFolds: { data: ['groups'] },

  onDevice: true,
  environment: ({ engine, device, featureType }) =>
    ({ engine: { ...resolveEngine(engine, device) }, decoder: { ...decoderIdentity() }, featureType }) as Json,

  // Decoder and engine are loaded only if there is work.
  run: async (context) => (await import('./run.js')).runEvaluate(context),
  needs: async (context) => (await import('./run.js')).needsOfEvaluate(context),

  async deliver({ inputs, outputs, folder, note, part, deliverFiles, readJson, displayPath }) {
    const { paths } = await readJson(inputs.data!.files, isFiles);
    const csv = predictionsCsv(await readJson(outputs.predictions, isPredictionsOf(paths)), paths);
    await deliverFiles(
      folder,
      new Map<string, string | typeof outputs.metrics>([
        ['metrics.json', outputs.metrics],
        ['predictions.csv', csv],
      ]),
    );
    // The sum of the folds has the predictions of all.
    if (part?.kind !== 'fold') note('predictions', `per-image predictions: ${displayPath(folder)}/predictions.csv`);
  },

  async judge({ config, outputs, readJson }) {
    if (config.minimum === undefined) return;
    const metrics = await readJson(outputs.metrics, isEvaluationMetrics);
    const problems = Object.entries(config.minimum).flatMap(([metric, least]): Problem[] => {
      const value = (metrics as Partial<Record<keyof typeof config.minimum, number>>)[
        metric as keyof typeof config.minimum
      ];
      if (value !== undefined && value >= least) return [];
      return [
        {
          code: 'gate-missed',
          found:
            value === undefined
              ? `${metric} is not measured for ${metrics.task === 'multilabel' ? 'images of several classes' : `${metrics.classes.length} classes`}`
              : `${metric} is ${belowText(value, least)}`,
          expected: `at least ${least}`,
          remedy: 'train differently or lower `minimum`; results are cached, and nothing is exported',
        },
      ];
    });
    if (problems.length > 0) throw new PipelineError('gate-missed', problems);
  },
};

const byFile = ([a]: readonly string[], [b]: readonly string[]): number => compareCodePoints(a, b);

/**
 * A row for each file. Where an image has several classes, they are joined by `|`, and each class has a column with its
 * score.
 */
function predictionsCsv(predictions: Predictions, paths: Files['paths']): string {
  const { classes } = predictions;
  const foldOf = ({ fold }: { readonly fold?: number }): string[] => (fold === undefined ? [] : [String(fold)]);
  const foldColumn = [...predictions.rows].some(({ fold }) => fold !== undefined) ? ['fold'] : [];
  if (predictions.task === 'multilabel') {
    const names = (indexes: readonly number[]): string => indexes.map((index) => classes[index]).join('|');
    const table = predictions.rows.flatMap((row) => {
      const { digest, labels, predicted, scores } = row;
      const cells = [names(labels), names(predicted), ...scores.map((score) => score.toFixed(6)), ...foldOf(row)];
      return paths[digest].map((file) => [file, ...cells]);
    });
    return formatCsv(['file', 'true', 'predicted', ...classes, ...foldColumn], table.sort(byFile));
  }
  const table = predictions.rows.flatMap((row) => {
    const { digest, label, predicted, scores } = row;
    const cells = [classes[label], classes[predicted], scores[predicted].toFixed(6), ...foldOf(row)];
    return paths[digest].map((file) => [file, ...cells]);
  });
  return formatCsv(['file', 'true', 'predicted', 'score', ...foldColumn], table.sort(byFile));
}

/** Predictions for images that all have a path. */
const isPredictionsOf =
  (paths: Files['paths']): Guard<Predictions> =>
  (value): value is Predictions =>
    isPredictions(value) && [...value.rows].every(({ digest }) => Object.hasOwn(paths, digest));

/** Four decimals, or more if a value below the minimum would look like the minimum. */
function belowText(value: number, least: number): string {
  const short = value.toFixed(4);
  return Number(short) < least ? short : String(value);
}
