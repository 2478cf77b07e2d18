/** The pipeline that `init` writes for people's own images: what an expert would choose, one comment per choice. */
import { isUnbalanced } from '../core/class-balance.js';
import { namedOnnxOf, hubImageText } from '../core/hub-bases.js';
import { bytesText } from '../core/text/bytes-text.js';
import type { SplitName } from '../core/split-folders.js';
import { count } from '../core/text/count.js';
import { yamlString } from '../core/text/yaml-string.js';
import type { LabelColumns } from '../sources/label-columns.js';
import type { LabelGuess } from '../sources/label-guess.js';
import { columnsText, isMultilabel, labelsText } from '../sources/label-hint.js';
import { extremesOf, ratioText } from './describe.js';
import type { Survey } from './survey.js';

/** The base that does best on photos for its size: 99% on photos of cats and dogs, in 19 MB. */
export const DEFAULT_BASE = 'efficientnet_lite0';

/** A base that can be chosen. */
export interface Choice {
  readonly name: string;
  /** Height and width that it was trained on. */
  readonly imageSize: number;
  /** Of the download: none if it comes with the tool. */
  readonly bytes: { readonly count: number; readonly about: boolean };
}

export interface Recipe {
  readonly name: string;
  /** As the file names it, with `/`. */
  readonly source: string;
  /** Where the labels are, if not in folders. */
  readonly labels?: LabelGuess;
  /** The labels inside of Parquet files, if an image may have several. */
  readonly inside?: LabelColumns;
  /** Where an editor finds the schema of the file: a path or a URL. */
  readonly schema: string;
  readonly base: Choice;
  /** Splits that the source decides. */
  readonly splits?: ReadonlySet<SplitName>;
  /** Undefined for archives and Parquet files, which are not looked into. */
  readonly survey?: Survey;
}

/** Beyond it, images vary enough by themselves, and each view of them is one more pass through the base. */
const MANY_IMAGES = 2000;
/** Up to here, four views of an image cost little, and beyond it two have to do. */
const SOME_IMAGES = 500;
/** Below it, an epoch of large batches has too few steps. */
const FEW_IMAGES = 200;
/** Characters of a line with many columns. */
const LONGEST = 100;
/** Column of the comments. */
const COMMENTS = 42;

/** A line of the file: its indented text, and a comment. */
type Line = readonly [text: string, comment?: string];

const SEVERAL: Line = ['    task: multilabel', 'an image may have several classes, or none of them'];

/** About `labels`, by where they are. */
const placeComments: Readonly<Record<LabelColumns['kind'] | 'pattern', string>> = {
  one: 'one row per image; other columns are not read',
  lists: 'a list of labels per image; other columns are not read',
  separated: 'several labels in a cell; other columns are not read',
  flags: 'one column of 0 and 1 per class; remove those that are not classes',
  pattern: 'the label in the name of each file',
};

/** The text of the file. */
export function recipeText(recipe: Recipe): string {
  const { name, source, schema, base, survey } = recipe;
  const isSeveral = recipe.inside !== undefined || isMultilabel(recipe.labels);
  const lines: Line[] = [
    ['version: 1'],
    [`name: ${yamlString(name)}`],
    ['seed: 42', 'the same seed gives the same model'],
    ['stages:'],
    ...ingestLines(recipe),
    ...augmentLines(survey),
    ['  load-base:'],
    [`    architecture: ${base.name}`, `${originOf(base)}; \`pipeline bases\` lists others`],
    ['  freeze:'],
    ['    layers: all', 'the base is computed once per image, then cached'],
    ['  build-head:'],
    ['    layers:'],
    ...(namedOnnxOf(base.name) === undefined ? [['      - global_average_pooling'] as const] : []),
    ['      - dropout: 0.3'],
    ['      - classifier'],
    ...trainLines(survey, isSeveral),
    ...evaluateLines(isSeveral),
    ['  export:'],
    [`    to: ${yamlString(`models/${name}`)}`],
    namedOnnxOf(base.name) === undefined
      ? ['    formats: [tfjs, onnx]', 'for the browser, and for onnxruntime']
      : ['    formats: [onnx]', 'for onnxruntime and `pipeline serve`; TF.js cannot run this base'],
  ];
  const about = survey === undefined ? 'the images' : `the ${count(survey.images, 'image')}`;
  return [
    `# yaml-language-server: $schema=${schema}`,
    '#',
    `# Trains a classifier on ${about} in ${yamlString(source)}.`,
    ...lines.map(([text, comment]) => (comment === undefined ? text : `${text.padEnd(COMMENTS - 2)}  # ${comment}`)),
    '',
  ].join('\n');
}

function ingestLines({ source, labels, inside, base, survey, splits }: Recipe): Line[] {
  const hub = namedOnnxOf(base.name);
  const image = hub === undefined ? `{size: [${base.imageSize}, ${base.imageSize}]}` : hubImageText(hub);
  const lines: Line[] = [
    ['  ingest:'],
    [`    source: ${yamlString(labels === undefined || labels.folder === '' ? source : `${source}/${labels.folder}`)}`],
    ...labelLines(labels, source, inside),
    [`    image: ${image}`, 'as the base was trained'],
  ];
  if (splits?.has('validation') !== true)
    lines.push(['    split: {validation: 0.2}', 'a fifth of each class, to measure the model with']);
  const { unreadable = [], opened = 0 } = survey?.sample ?? {};
  // If most files are unreadable, the folder is not what it seems, and the run has to say so.
  if (unreadable.length > 0 && unreadable.length < opened / 2)
    lines.push([
      '    on_bad_image: skip',
      `${count(unreadable.length, 'file')} cannot be read; each run lists what it leaves out`,
    ]);
  return lines;
}

function labelLines(labels: LabelGuess | undefined, source: string, inside: LabelColumns | undefined): Line[] {
  if (labels === undefined && inside === undefined) return [];
  const columns = inside ?? (labels?.kind === 'table' ? labels.labels : undefined);
  const text = labels === undefined ? `{${columnsText(inside!)}}` : labelsText(labels, source);
  const [first, ...rest] = foldedAtCommas(`    labels: ${text}`);
  return [
    ...(columns === undefined || columns.kind === 'one' ? [] : [SEVERAL]),
    [first, placeComments[columns?.kind ?? 'pattern']],
    ...rest.map((text): Line => [`      ${text}`]),
  ];
}

/** Lines of a YAML list within braces, which may go on in the next line after any comma outside quotes. */
function foldedAtCommas(line: string): string[] {
  const lines = [''];
  for (const part of line.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+(?:, )?/g) ?? []) {
    const last = lines[lines.length - 1];
    if (last !== '' && last.length + part.length > LONGEST) lines.push(part);
    else lines[lines.length - 1] = last + part;
  }
  return lines.map((text) => text.trimEnd());
}

function augmentLines(survey: Survey | undefined): Line[] {
  if (survey === undefined || survey.images > MANY_IMAGES) return [];
  return [
    ['  augment:'],
    ['    horizontal_flip: true', 'remove it where left and right differ, as in text'],
    ['    rotation_range: 10'],
    ['    zoom_range: 0.1'],
    [
      `    views: ${survey.images > SOME_IMAGES ? 2 : 4}`,
      'of each training image; each view is computed once, then cached',
    ],
  ];
}

/** Thresholds by class take the place of class weights, which images of several classes do not have. */
function evaluateLines(isSeveral: boolean): Line[] {
  if (!isSeveral) return [['  evaluate: {}']];
  return [['  evaluate:'], ['    threshold: f1', 'one per class, chosen on validation images; rare classes need it']];
}

function trainLines(survey: Survey | undefined, isSeveral: boolean): Line[] {
  const lines: Line[] = [
    ['  train:'],
    ['    optimizer: {adam: {learning_rate: 0.001}}'],
    [`    batch_size: ${survey !== undefined && survey.images < FEW_IMAGES ? 16 : 32}`],
    ['    epochs: 50'],
    ['    early_stopping: {patience: 5}', 'ends sooner, with the weights of the best epoch'],
  ];
  if (survey === undefined || isSeveral) return lines;
  const [least, most] = extremesOf(survey.classes);
  if (isUnbalanced(least.images, most.images)) {
    lines.push([
      '    class_weight: balanced',
      `${comment(most.name)} has ${ratioText(most.images / least.images)} the images of ${comment(least.name)}`,
    ]);
  }
  return lines;
}

/** `comes with the tool`, `downloaded once, about 18.7 MB`. */
export function originOf({ bytes }: Choice): string {
  if (bytes.count === 0) return 'comes with the tool';
  return `downloaded once, ${bytes.about ? 'about ' : ''}${bytesText(bytes.count)}`;
}

/** A folder's name within a comment, which a line break would end. */
function comment(name: string): string {
  return /^[\p{L}\p{N} ._-]+$/u.test(name) ? name : JSON.stringify(name);
}
