/** The model card of an exported model: what it is, how to use it, and its metrics. */
import { markdownText } from '../../core/text/markdown.js';
import { own } from '../../core/own.js';
import { percent } from '../../core/text/ratio.js';
import { plainNames } from '../../core/text/names.js';
import type { TrainedDocument } from '../../model/document.js';
import { finalActivationOf } from '../../model/logits.js';
import { describeRounding } from '../../model/metrics.js';
import type { ImageSpec } from '../../image/dataset.js';
import { sidesBeforeCrop } from '../../image/fit.js';
import { describePreprocessing } from '../../model/preprocessing.js';
import type { MultilabelMetrics } from '../../model/multilabel-results.js';
import type { Range } from '../../model/ranges.js';
import type { EvaluationMetrics, SingleMetrics } from '../../model/results.js';
import { preferred, type CompanionFacts } from './companions.js';
import type { RoundingFigures } from './rounding.js';
import { codeSections } from './snippets.js';

/** The data of a card. */
export interface CardFacts extends CompanionFacts {
  readonly document: TrainedDocument;
  /** For a model that gives an image any number of classes. */
  readonly thresholds: readonly number[] | undefined;
  readonly metrics: readonly EvaluationMetrics[];
  readonly parameters: { readonly trainable: number; readonly frozen: number };
  /** The cost of float16 weights, if they are used. */
  readonly rounding: RoundingFigures | undefined;
}

export async function modelCard(facts: CardFacts): Promise<string> {
  const { document, metrics, parameters, formats, rounding } = facts;
  const { classes, image, preprocessing, base } = document;
  const [height, width] = image.size;
  const total = (parameters.trainable + parameters.frozen).toLocaleString('en-US');
  const own = formats.includes('onnx') ? ' (`model.onnx` contains this step)' : '';
  const sections = [
    `# Image classifier: ${plainNames(classes.map(markdownText), 5)}`,
    `Trained by transfer learning from ${base.architecture}: ${total} parameters, ${parameters.trainable.toLocaleString('en-US')} of them trained.`,
    '## Input',
    `RGB images of ${height} x ${width} pixels (height x width), ${inputText(image)}. Preprocessing: ${describePreprocessing(preprocessing)}${own}. \`preprocessing.json\` contains the same for programs.`,
    '## Output',
    outputs(facts),
    '## Files',
    fileList(facts),
    ...(await codeSections(image, facts)),
    '## Metrics',
    metrics.length === 0 ? 'No evaluation was part of the pipeline.' : metrics.map(metricsText).join('\n\n'),
    ...(rounding === undefined ? [] : [roundingText(facts, rounding)]),
    `SHA-256 of the weights of the base: \`${base.weights}\`.`,
  ];
  return `${sections.join('\n\n')}\n`;
}

function outputs({ document: { classes, graph }, thresholds, formats }: CardFacts): string {
  if (thresholds !== undefined) {
    const rows = classes.map((name, index) => `| ${markdownText(name)} | ${thresholds[index]} |`);
    return [
      `${classes.length} scores, each from 0 to 1 by itself, in the order of the classes in \`classes.json\`. An image has any number of classes: each whose score is at least its threshold.\n`,
      '| class | threshold |',
      '| --- | --- |',
      ...rows,
    ].join('\n');
  }
  const all = `${classes.length} scores that sum to 1, in the order of \`classes.json\`.`;
  if (finalActivationOf(graph) === 'softmax') return all;
  const one = `One number, the score of **${markdownText(classes[1])}**; the score of **${markdownText(classes[0])}** is 1 minus that.`;
  if (!formats.includes('onnx')) return one;
  const onnx = `\`model.onnx\` always outputs ${all}`;
  return formats.includes('tfjs') ? `\`model.json\`: ${one}\n\n${onnx}` : onnx;
}

function fileList({ formats, probes, thresholds }: CardFacts): string {
  const lines = [
    ...(formats.includes('tfjs')
      ? ['`model.json` and its `.bin` files: a TF.js layers-model, for `tf.loadLayersModel`']
      : []),
    ...(formats.includes('onnx')
      ? [
          '`model.onnx`: one file for onnxruntime and others; its `metadata_props` contain the classes and the preparation of images as JSON, under keys that begin with `pipeline.`',
        ]
      : []),
    `\`classes.json\`: the classes in the order of the outputs${thresholds === undefined ? '' : ', and their thresholds'}`,
    '`preprocessing.json`: how to prepare images',
    '`probes.json`: the results of the model for some images (`outputs` of `model.json`, and `scores`, one per class), with the SHA-256 of their files',
    ...(probes > 0
      ? [
          '`probes/`: those images, decoded and resized but not yet preprocessed. If you compute other scores for them, your preprocessing or your runtime differs',
          preferred(formats) === 'onnx'
            ? '`check.py` and `check.mjs`: compare the scores of your machine with those in `probes.json`'
            : '`check.mjs`: compares the outputs of your machine with those in `probes.json`',
        ]
      : []),
    '`demo.html` and `demo/`: a page that classifies images; it needs a static server and nothing else',
    '`prepare.mjs`: resizes decoded images as in training, in Node and in browsers',
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

/** How an image becomes the input, for people. */
function inputText({ size: [height, width], interpolation, orientation, fit }: ImageSpec): string {
  const upright = orientation === 'exif' ? 'turned upright by their EXIF orientation, then ' : '';
  const resized = `resized with ${interpolation} interpolation`;
  if (fit === undefined) return `${upright}${resized}`;
  if (fit.kind === 'pad') return `${upright}${resized} to fit, with [${fit.fill.join(', ')}] around them`;
  const box = sidesBeforeCrop({ width, height }, fit.crop_pct);
  return `${upright}${resized} until they cover ${box.height} x ${box.width}, of which the center is cut out`;
}

function roundingText(
  { document: { classes }, metrics, thresholds }: CardFacts,
  { split, measure, accuracy, ...cost }: RoundingFigures,
): string {
  const before = metrics.length === 0 ? '' : '; the metrics above are from the model before rounding';
  const threshold = classes.length === 2 && thresholds === undefined ? ', at a threshold of 0.5' : '';
  return [
    `The files store the kernels as float16${before}. The model with rounded weights, on all ${cost.samples} ${split} images:`,
    `${measure} ${percent(accuracy.rounded)} instead of ${percent(accuracy.exact)}${threshold}; ${describeRounding(cost)}.`,
    'The scores in `probes.json` are from the rounded model.',
  ].join(' ');
}

function metricsText(metrics: EvaluationMetrics): string {
  if (metrics.task === 'multilabel') return multilabelText(metrics);
  const { per_class, threshold, intervals } = metrics;
  const rows = Object.entries(per_class).map(([name, figures]) => {
    const ranges = own(intervals?.per_class, name);
    const cells = (['precision', 'recall', 'f1'] as const).map((metric) => ranged(figures[metric], ranges?.[metric]));
    return `| ${markdownText(name)} | ${cells.join(' | ')} | ${figures.support} |`;
  });
  const decided =
    threshold === 0.5
      ? ''
      : ` at a threshold of ${threshold}; \`pipeline predict\` decides at 0.5, so apply your threshold to the scores yourself`;
  return [
    `${measuredText(metrics)}${decided}.\n`,
    '| class | precision | recall | F1 | images |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** Folds measure the models that they train, and the files have another one. */
function measuredText(metrics: SingleMetrics): string {
  const { split, samples, loss, loss_sd, accuracy, accuracy_sd, folds, intervals } = metrics;
  const range = intervals === undefined ? '' : ` (95% interval: ${intervals.accuracy.map(percent).join(' to ')})`;
  const lossRange = rangeText(intervals?.loss, (end) => end.toFixed(4));
  if (folds === undefined)
    return `On ${samples} ${split} images: accuracy ${percent(accuracy)}${range}, loss ${loss.toFixed(4)}${lossRange}`;
  return [
    `Cross-validation with ${folds.length} folds of ${samples} images, each measured by a model that was trained without`,
    `it, mean and standard deviation: accuracy ${percent(accuracy)} ± ${percent(accuracy_sd ?? 0)}${range}, loss ${loss.toFixed(4)} ± ${(loss_sd ?? 0).toFixed(4)}${lossRange}`,
  ].join(' ');
}

/** A figure with its 95% interval, if one is known: `0.973 (0.912 to 0.991)`. */
function ranged(value: number, range: Range | undefined): string {
  return `${value.toFixed(3)}${rangeText(range)}`;
}

function rangeText(range: Range | undefined, text = (end: number): string => end.toFixed(3)): string {
  return range === undefined ? '' : ` (${range.map(text).join(' to ')})`;
}

function multilabelText(metrics: MultilabelMetrics): string {
  const { split, samples, folds, subset_accuracy: subset, per_class, intervals } = metrics;
  const rows = Object.entries(per_class).map(([name, figures]) => {
    const ranges = own(intervals?.per_class, name);
    const cells = (['average_precision', 'precision', 'recall', 'f1'] as const).map((metric) =>
      ranged(figures[metric], ranges?.[metric]),
    );
    return `| ${markdownText(name)} | ${cells.join(' | ')} | ${figures.support} |`;
  });
  const images = { config: undefined, validation: 'validation images', folds: 'held-out images of all folds' };
  const from = images[metrics.thresholds_from];
  const chosen = from === undefined ? '' : ` The thresholds have the highest F1 on the ${from}.`;
  const score = (metric: 'mAP' | 'macro_f1' | 'micro_f1'): string => {
    const deviation = metrics[`${metric}_sd`];
    const spread = deviation === undefined ? '' : ` ± ${deviation.toFixed(3)}`;
    return `${metrics[metric].toFixed(3)}${spread}${rangeText(intervals?.[metric])}`;
  };
  const all = intervals?.subset_accuracy;
  const on =
    folds === undefined
      ? `On ${samples} ${split} images`
      : `Cross-validation with ${folds.length} folds of ${samples} images, each measured by a model that was trained without it, mean and standard deviation`;
  return [
    `${on}: mAP ${score('mAP')}, macro F1 ${score('macro_f1')}, micro F1 ${score('micro_f1')}; ${percent(subset)}${rangeText(all, percent)} of the images have exactly the right classes.${all === undefined ? '' : ' In parentheses are 95% intervals.'}${chosen}\n`,
    '| class | average precision | precision | recall | F1 | images |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
