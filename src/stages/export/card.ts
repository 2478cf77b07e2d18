/** The model card that goes with an exported model: what it is, what it wants, how good it was. */
import { markdownText } from '../../core/text/markdown.js';
import { plainNames } from '../../core/text/names.js';
import type { TrainedDocument } from '../../model/document.js';
import { finalActivationOf } from '../../model/logits.js';
import { describeRounding } from '../../model/metrics.js';
import { describePreprocessing } from '../../model/preprocessing.js';
import type { EvaluationMetrics } from '../../model/results.js';
import type { FormatName } from './formats.js';
import type { RoundingFigures } from './rounding.js';

/** What `evaluate` measured, as far as a card tells it. */
export type CardMetrics = Pick<
  EvaluationMetrics,
  'split' | 'samples' | 'loss' | 'accuracy' | 'per_class' | 'threshold'
>;

/** What a card is written from. */
export interface CardFacts {
  readonly document: TrainedDocument;
  readonly metrics: readonly CardMetrics[];
  readonly parameters: { readonly trainable: number; readonly frozen: number };
  readonly formats: readonly FormatName[];
  /** How many pictures lie beside the model. */
  readonly probes: number;
  /** Where the weights are halved: what that costs. */
  readonly rounding: RoundingFigures | undefined;
}

export function modelCard(facts: CardFacts): string {
  const { document, metrics, parameters, formats, rounding } = facts;
  const { classes, image, preprocessing, base } = document;
  const [height, width] = image.size;
  const total = (parameters.trainable + parameters.frozen).toLocaleString('en-US');
  const own = formats.includes('onnx') ? ' (but for `model.onnx`, which does this last step itself)' : '';
  const sections = [
    `# A classifier of ${plainNames(classes.map(markdownText), 5)}`,
    `An image classifier made by transfer learning from ${base.architecture} (${total} parameters, ${parameters.trainable.toLocaleString('en-US')} of them trained).`,
    '## Input',
    `RGB pictures, ${height} x ${width} pixels (height x width), resized with ${image.interpolation} interpolation${image.orientation === 'exif' ? ' after turning them upright by their EXIF orientation' : ''}, ${describePreprocessing(preprocessing)}${own}. Programs find the same in preprocessing.json.`,
    '## Output',
    outputs(facts),
    '## Files',
    fileList(facts),
    ...(formats.includes('onnx') ? ['## From Python', pythonExample(facts)] : []),
    '## Measured',
    metrics.length === 0 ? 'Nothing was measured.' : metrics.map(figures).join('\n\n'),
    ...(rounding === undefined ? [] : [roundingText(facts, rounding)]),
    `The base's weights have the digest \`${base.weights}\`.`,
  ];
  return `${sections.join('\n\n')}\n`;
}

function outputs({ document: { classes, graph }, formats }: CardFacts): string {
  const all = `${classes.length} scores that sum to 1, in the order of classes.json.`;
  if (finalActivationOf(graph) === 'softmax') return all;
  const one = `One number, the score of **${markdownText(classes[1])}**; 1 less that is the score of **${markdownText(classes[0])}**.`;
  if (!formats.includes('onnx')) return one;
  const onnx = `\`model.onnx\` always gives ${all}`;
  return formats.includes('tfjs') ? `\`model.json\`: ${one}\n\n${onnx}` : onnx;
}

function fileList({ formats, probes }: CardFacts): string {
  const lines = [
    ...(formats.includes('tfjs')
      ? ['`model.json` and its `.bin` files: a TF.js layers-model, for `tf.loadLayersModel`']
      : []),
    ...(formats.includes('onnx')
      ? [
          '`model.onnx`: one file for onnxruntime and others; its `metadata_props` hold the classes and how pictures are prepared, each as JSON under a key that begins with `pipeline.`',
        ]
      : []),
    '`classes.json`: the classes in the order of the outputs',
    '`preprocessing.json`: how pictures are prepared',
    '`probes.json`: what the model gave for some pictures (`outputs` as `model.json` gives them, `scores` one for each class), by the SHA-256 of their files',
    ...(probes > 0
      ? [
          '`probes/`: those pictures as the network gets them, decoded and resized but not yet preprocessed: whoever computes other scores for them prepares or runs something differently',
        ]
      : []),
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

function pythonExample({ document, probes }: CardFacts): string {
  const [height, width] = document.image.size;
  const { interpolation, orientation } = document.image;
  const upright = orientation === 'exif' ? 'ImageOps.exif_transpose(Image.open(path))' : 'Image.open(path)';
  const resized = `${upright}.convert("RGB").resize((${width}, ${height}), Image.Resampling.${interpolation.toUpperCase()})`;
  const open = probes > 0 ? `Image.open("probes/1.png")` : resized;
  return `\`\`\`python
import json, numpy, onnxruntime
from PIL import ${probes === 0 && orientation === 'exif' ? 'Image, ImageOps' : 'Image'}

session = onnxruntime.InferenceSession("model.onnx")
classes = json.loads(session.get_modelmeta().custom_metadata_map["pipeline.classes"])
pixels = numpy.asarray(${open}, dtype=numpy.uint8)  # ${height} x ${width} x 3, levels of 0 to 255
[scores] = session.run(["scores"], {"pixels": pixels[None]})
print(dict(zip(classes, scores[0])))
\`\`\``;
}

function roundingText(
  { document: { classes }, metrics }: CardFacts,
  { split, accuracy, ...cost }: RoundingFigures,
): string {
  const before = metrics.length === 0 ? '' : '; the figures above are of the model before that';
  const threshold = classes.length === 2 ? ', at a threshold of 0.5' : '';
  return [
    `The files hold the kernels as float16${before}. The whole model with its weights rounded so, on all ${cost.samples} ${split} pictures:`,
    `accuracy ${accuracy.rounded.toFixed(4)}, against ${accuracy.exact.toFixed(4)} before${threshold}; ${describeRounding(cost)}.`,
    'Scores in `probes.json` are those of the rounded model.',
  ].join(' ');
}

function figures({ split, samples, loss, accuracy, per_class, threshold }: CardMetrics): string {
  const rows = Object.entries(per_class).map(
    ([name, { precision, recall, f1, support }]) =>
      `| ${markdownText(name)} | ${precision.toFixed(3)} | ${recall.toFixed(3)} | ${f1.toFixed(3)} | ${support} |`,
  );
  const own =
    threshold === 0.5
      ? ''
      : ` at a threshold of ${threshold}; \`pipeline predict\` decides at 0.5, so choose by the scores yourself`;
  return [
    `On ${samples} ${split} pictures: accuracy ${accuracy.toFixed(4)}, loss ${loss.toFixed(4)}${own}.\n`,
    '| class | precision | recall | F1 | pictures |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
