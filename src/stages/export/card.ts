/** The model card that goes with an exported model: what it is, what it wants, how good it was. */
import type { TrainedDocument } from '../../model/document.js';
import { describePreprocessing } from '../../model/preprocessing.js';

/** What `evaluate` measured, as far as a card tells it. */
export interface CardMetrics {
  readonly split: string;
  readonly samples: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly per_class: Readonly<Record<string, { readonly precision: number; readonly recall: number; readonly f1: number; readonly support: number }>>;
}

export function modelCard(document: TrainedDocument, metrics: readonly CardMetrics[], parameters: { trainable: number; frozen: number }): string {
  const { classes, image, preprocessing, base } = document;
  const [height, width] = image.size;
  const total = (parameters.trainable + parameters.frozen).toLocaleString('en-US');
  const output =
    classes.length === 2
      ? `One number, the score of **${classes[1]}**; 1 less that is the score of **${classes[0]}** (or two numbers in the order of classes.json).`
      : `${classes.length} scores that sum to 1, in the order of classes.json.`;
  const sections = [
    `# A classifier of ${classes.slice(0, 5).join(', ')}${classes.length > 5 ? ', ...' : ''}`,
    `An image classifier made by transfer learning from ${base.architecture} (${total} parameters, ${parameters.trainable.toLocaleString('en-US')} of them trained).`,
    '## Input',
    `RGB pictures, ${height} x ${width} pixels (height x width), resized with ${image.interpolation} interpolation${image.orientation === 'exif' ? ' after turning them upright by their EXIF orientation' : ''}, ${describePreprocessing(preprocessing)}. Programs find the same in preprocessing.json.`,
    '## Output',
    output,
    '## Files',
    '- `model.json` and its `.bin` files: a TF.js layers-model, for `tf.loadLayersModel`\n- `classes.json`: the classes in the order of the outputs\n- `preprocessing.json`: how pictures are prepared\n- `probes.json`: scores that the model gave for some pictures, by the SHA-256 of their files',
    '## Measured',
    metrics.length === 0 ? 'Nothing was measured.' : metrics.map(figures).join('\n\n'),
    `The base's weights have the digest \`${base.weights}\`.`,
  ];
  return `${sections.join('\n\n')}\n`;
}

function figures({ split, samples, loss, accuracy, per_class }: CardMetrics): string {
  const rows = Object.entries(per_class).map(
    ([name, { precision, recall, f1, support }]) => `| ${name} | ${precision.toFixed(3)} | ${recall.toFixed(3)} | ${f1.toFixed(3)} | ${support} |`,
  );
  return [
    `On ${samples} ${split} pictures: accuracy ${accuracy.toFixed(4)}, loss ${loss.toFixed(4)}.\n`,
    '| class | precision | recall | F1 | pictures |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
