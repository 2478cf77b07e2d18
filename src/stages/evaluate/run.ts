/** The work of evaluate: predictions on one split from cached features, and their metrics. */
import { percent } from '../../core/text/ratio.js';
import { count } from '../../core/text/count.js';
import type { Digest } from '../../core/digest.js';
import { nameList } from '../../core/text/names.js';
import { failure, type PipelineError } from '../../core/problem.js';
import type { Needs, StageContext } from '../../core/stage.js';
import type { EngineIdentity } from '../../engine/engine.js';
import { openEngine, resolveEngine } from '../../engine/resolve.js';
import { compileVerified } from '../../engine/second-opinion.js';
import { readData, type Data } from '../../features/data.js';
import { Features, type FeatureOptions } from '../../features/features.js';
import { featureNeed } from '../../features/need.js';
import { PLAIN_VIEW } from '../../features/image-loader.js';
import { isTrainedDocument, readWeights, type TrainedDocument } from '../../model/document.js';
import { outputOf, shapesOf } from '../../model/graph.js';
import { describeRounding } from '../../model/metrics.js';
import { scoresOf } from '../../model/prediction.js';
import type { EvaluationMetrics, Predictions } from '../../model/results.js';
import { splitAtFrozen, type Split } from '../../model/split.js';
import type { Weights } from '../../model/tensor.js';
import { measureHalfPrecision } from './half-precision.js';
import { measure } from './measure.js';
import { summarizeFolds } from './summarize.js';

export async function runEvaluate(context: StageContext<'evaluate'>): Promise<void> {
  if (context.part?.kind === 'summary') return summarizeFolds(context);
  const { config, inputs, note, putJson, readBytes, readJson, settings } = context;
  const document = await readJson(inputs.model!.model, isTrainedDocument);
  const data = await readData(inputs.data!, context);
  requireSameClasses(document, data.spec.classes);
  const labels = labelsByClass(data.of(config.split), data.spec.classes, document.classes);
  if (labels.size === 0) throw emptySplit(config.split);

  const weights = await readWeights(document, readBytes);
  const { prefix, suffix, featureShape } = splitAtFrozen(document.graph);
  const { classes } = document;
  const identity = resolveEngine(settings.engine);
  const options = featureOptions(document, data, { prefix, weights, featureShape }, identity);
  const { keep } = options;
  const features = await Features.open(context, options);
  // Only for comparing a few images, which count neither as extracted nor as reused.
  const exact =
    keep && settings.featureType === 'float16'
      ? await Features.open({ ...context, counts: { extracted: 0, reused: 0 } }, { ...options, keep: false })
      : undefined;
  const runner = await compileVerified(await openEngine(identity), suffix, weights);
  try {
    const digests = await features.ensure([...labels.keys()], PLAIN_VIEW);
    const [units] = shapesOf(suffix).get(outputOf(suffix).name)!;
    const seen: Digest[] = [];
    const predictions = new Float32Array(digests.length * units);
    for await (const batch of features.stream(digests, PLAIN_VIEW, 128)) {
      predictions.set(await runner.run(batch.features, batch.digests.length), seen.length * units);
      seen.push(...batch.digests);
    }
    if (seen.length === 0) throw emptySplit(config.split);
    const truth = seen.map((digest) => labels.get(digest)!);
    const rounding =
      exact && (await measureHalfPrecision(exact, runner, seen, predictions, { units, threshold: config.threshold }));
    if (rounding !== undefined) note('half-precision', `features kept as float16: ${describeRounding(rounding)}`);
    const { metrics, predicted } = measure(predictions.subarray(0, seen.length * units), truth, units, {
      ...config,
      classes,
    });
    const rows = seen.map((digest, row) => ({
      digest,
      label: truth[row],
      predicted: predicted[row],
      scores: scoresOf(predictions, row, units),
    }));
    note(
      'metrics',
      `${config.split} loss ${metrics.loss.toFixed(3)}, accuracy ${percent(metrics.accuracy)} on ${count(seen.length, 'image')}`,
    );
    await putJson('metrics', {
      ...metrics,
      ...(rounding === undefined ? {} : { half_precision: rounding }),
    } satisfies EvaluationMetrics);
    await putJson('predictions', { classes, rows } satisfies Predictions);
  } finally {
    runner.dispose();
    await Promise.all([features.dispose(), exact?.dispose()]);
  }
}

/** Images are evaluated without augmentation. */
function featureOptions(
  { image, preprocessing }: TrainedDocument,
  source: Data,
  { prefix, weights, featureShape }: Pick<Split, 'prefix' | 'featureShape'> & { readonly weights: Weights },
  engine: EngineIdentity,
): FeatureOptions {
  return {
    recipe: { image, preprocessing, variation: null, prefix, weights, engine },
    source,
    featureShape,
    keep: prefix.layers.length > 1,
  };
}

/** What evaluation needs from the frozen prefix. */
export async function needsOfEvaluate(context: StageContext<'evaluate'>): Promise<Needs> {
  const { config, inputs, readBytes, readJson, settings, part } = context;
  if (part?.kind === 'summary') return { features: [], atMost: false };
  if (inputs.data === undefined) return { features: [], atMost: true };
  const data = await readData(inputs.data, context);
  const digests = [...data.of(config.split).keys()];
  if (digests.length === 0) throw emptySplit(config.split);
  if (inputs.model === undefined) return { features: [{ digests, views: [PLAIN_VIEW] }], atMost: true };
  const document = await readJson(inputs.model.model, isTrainedDocument);
  const weights = await readWeights(document, readBytes);
  const options = featureOptions(
    document,
    data,
    { ...splitAtFrozen(document.graph), weights },
    resolveEngine(settings.engine),
  );
  return { features: [featureNeed(context, options, digests, [PLAIN_VIEW])], atMost: false };
}

/** Classes are mapped by name, never by position. */
function labelsByClass(
  labels: Map<Digest, number>,
  names: readonly string[],
  classes: readonly string[],
): Map<Digest, number> {
  return new Map([...labels].map(([digest, label]) => [digest, classes.indexOf(names[label])]));
}

function requireSameClasses(document: TrainedDocument, names: readonly string[]): void {
  const strange = names.filter((name) => !document.classes.includes(name));
  if (strange.length === 0) return;
  throw failure('bad-data', {
    code: 'classes-differ',
    found: `the images have the classes ${nameList(strange)}, which the model was not trained on`,
    expected: `classes among ${nameList(document.classes)}`,
    remedy: 'evaluate on images of the same classes',
  });
}

function emptySplit(split: string): PipelineError {
  return failure('bad-data', {
    code: 'split-empty',
    field: ['split'],
    found: `there are no usable ${split} images`,
    remedy:
      split === 'test'
        ? 'give `split.test` a share, or add a test folder'
        : 'give the split a share, or a folder of its own',
  });
}
