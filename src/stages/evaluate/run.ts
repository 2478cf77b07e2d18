/** The work of evaluate: predictions on one split from cached features, and their metrics. */
import { count } from '../../core/text/count.js';
import type { Digest } from '../../core/digest.js';
import { nameList } from '../../core/text/names.js';
import { failure, type PipelineError } from '../../core/problem.js';
import type { FeatureNeed, Needs, StageContext } from '../../core/stage.js';
import type { EngineIdentity } from '../../engine/engine.js';
import { openEngine, resolveEngine } from '../../engine/resolve.js';
import { compileVerified } from '../../engine/second-opinion.js';
import { readData, type Data } from '../../features/data.js';
import { Features, type FeatureOptions } from '../../features/features.js';
import { featureNeed } from '../../features/need.js';
import { PLAIN_VIEW } from '../../features/image-loader.js';
import { relabeling, type DataSpec, type Label, type SplitName } from '../../image/dataset.js';
import { isTrainedDocument, readWeights, type TrainedDocument } from '../../model/document.js';
import { outputOf, shapesOf, type Graph } from '../../model/graph.js';
import { describeRounding } from '../../model/metrics.js';
import type { EvaluationMetrics } from '../../model/results.js';
import { splitAtFrozen, type Split } from '../../model/split.js';
import type { Weights } from '../../model/tensor.js';
import { measureHalfPrecision } from './half-precision.js';
import { comparedInFloat32, inFloat32, measureInt8, noteInt8 } from './int8.js';
import { emptySplit, predictSplit } from './predict-split.js';
import { labeledScores, rowsOfFolds } from './pooled.js';
import { multilabelResults, singleResults, type Choice } from './results.js';
import { summarizeFolds } from './summarize.js';

export async function runEvaluate(context: StageContext<'evaluate'>): Promise<void> {
  if (context.part?.kind === 'summary') return summarizeFolds(context);
  const { config, inputs, note, noteOnce, putJson, readBytes, readJson, settings } = context;
  const document = await readJson(inputs.model!.model, isTrainedDocument);
  const data = await readData(inputs.data!, context);
  requireSameClasses(document, data.spec);
  const [measured] = splitsOf(context, data);

  const weights = await readWeights(document, readBytes);
  const { prefix, suffix, featureShape } = splitAtFrozen(document.graph);
  const identity = resolveEngine(settings.engine, settings.device);
  const options = featureOptions(document, data, { prefix, weights, featureShape }, identity);
  const { keep } = options;
  const features = await Features.open(context, options);
  // Only for comparing a few images, which count neither as extracted nor as reused.
  const uncounted = { ...context, counts: { extracted: 0, reused: 0 } };
  // Kept as well: every head on this base is compared on the same images.
  const exact =
    keep && settings.featureType === 'float16'
      ? await Features.open({ ...uncounted, settings: { ...settings, featureType: 'float32' } }, options)
      : undefined;
  const unquantized = await inFloat32(document, context);
  const inFloats =
    unquantized &&
    (await Features.open(
      uncounted,
      featureOptions(document, data, { ...splitAtFrozen(unquantized.graph), weights: unquantized.weights }, identity),
    ));
  const runner = await compileVerified(
    await openEngine(identity, { device: settings.device, note: noteOnce }),
    suffix,
    weights,
  );
  try {
    const [units] = shapesOf(suffix).get(outputOf(suffix).name)!;
    const predict = (split: SplitName) =>
      predictSplit({ features, runner, units }, labelsOf(data, split, document.classes), split);
    const predicted = await predict(measured);
    const choice: Choice =
      inputs.folds === undefined
        ? {
            from: 'validation',
            scores: async () => (measured === 'validation' ? predicted : predict('validation')),
          }
        : {
            from: 'folds',
            scores: async () => labeledScores((await rowsOfFolds(inputs.folds!, readJson)).flat()),
          };
    const results =
      document.task === 'multilabel'
        ? await multilabelResults(context, document.classes, predicted, choice)
        : singleResults(config, document.classes, predicted);
    const { threshold } = results;
    const rounding = exact && (await measureHalfPrecision(exact, runner, predicted, { units, threshold }));
    if (rounding !== undefined) note('half-precision', `features kept as float16: ${describeRounding(rounding)}`);
    const cost =
      inFloats && (await measureInt8(inFloats, runner, predicted, { units, threshold, int8: document.int8! }));
    if (cost !== undefined) noteInt8(cost, note);
    note('metrics', `${measured} ${results.text} on ${count(predicted.digests.length, 'image')}`);
    await putJson('metrics', {
      ...results.metrics,
      ...(rounding && { half_precision: rounding }),
      ...(cost && { int8: cost }),
    } satisfies EvaluationMetrics);
    await putJson('predictions', results.predictions);
  } finally {
    runner.dispose();
    await Promise.all([features.dispose(), exact?.dispose(), inFloats?.dispose()]);
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
  const { inputs, readBytes, readJson, settings, part } = context;
  if (part?.kind === 'summary') return { features: [], atMost: false };
  if (inputs.data === undefined) return { features: [], atMost: true };
  const data = await readData(inputs.data, context);
  const digests = splitsOf(context, data).flatMap((split) => [...data.of(split).keys()]);
  if (inputs.model === undefined) return { features: [{ digests, views: [PLAIN_VIEW] }], atMost: true };
  const document = await readJson(inputs.model.model, isTrainedDocument);
  const weights = await readWeights(document, readBytes);
  const unquantized = await inFloat32(document, context);
  const needOf = (graph: Graph, of: Weights, images: readonly Digest[]): FeatureNeed => {
    const identity = resolveEngine(settings.engine, settings.device);
    const options = featureOptions(document, data, { ...splitAtFrozen(graph), weights: of }, identity);
    return featureNeed(context, options, images, [PLAIN_VIEW]);
  };
  const [measured] = splitsOf(context, data);
  const inFloats =
    unquantized && needOf(unquantized.graph, unquantized.weights, comparedInFloat32([...data.of(measured).keys()]));
  return { features: [needOf(document.graph, weights, digests), ...(inFloats ? [inFloats] : [])], atMost: false };
}

/**
 * The split that is measured, and the one that thresholds are chosen on if that is another. None of them is empty. With
 * folds, thresholds are chosen on what their evaluations predicted.
 */
function splitsOf(
  { config: { split, threshold }, inputs }: Pick<StageContext<'evaluate'>, 'config' | 'inputs'>,
  data: Data,
): [SplitName, ...SplitName[]] {
  if (data.of(split).size === 0) throw emptySplit(split);
  if (threshold !== 'f1' || split === 'validation' || inputs.folds !== undefined) return [split];
  if (data.of('validation').size === 0) throw nothingToChooseOn();
  return [split, 'validation'];
}

/** Images of a split with labels of the model's classes. */
function labelsOf(data: Data, split: SplitName, classes: readonly string[]): Map<Digest, Label> {
  const toModel = relabeling(data.spec.classes, classes);
  return new Map([...data.of(split)].map(([digest, label]) => [digest, toModel(label)]));
}

function requireSameClasses(document: TrainedDocument, { classes, task }: DataSpec): void {
  const strange = classes.filter((name) => !document.classes.includes(name));
  if (strange.length > 0)
    throw failure('bad-data', {
      code: 'classes-differ',
      found: `the images have the classes ${nameList(strange)}, which the model was not trained on`,
      expected: `classes among ${nameList(document.classes)}`,
      remedy: 'evaluate on images of the same classes',
    });
  if (task !== document.task)
    throw failure('bad-data', {
      code: 'tasks-differ',
      found:
        task === 'multilabel'
          ? 'the images have several classes each, but the model was trained to choose one'
          : 'the model was trained for several classes per image, but the images have one each',
      expected: 'the same `task` as in training',
      remedy: `write \`task: ${document.task ?? 'single'}\` in the ingest stage of these images`,
    });
}

function nothingToChooseOn(): PipelineError {
  return failure('bad-data', {
    code: 'split-empty',
    field: ['threshold'],
    found: '`threshold: f1` chooses thresholds on validation images, but no validation image is usable',
    expected: 'validation images, or a number',
    remedy: 'give `split.validation` a share, or write `threshold: 0.5`',
  });
}
