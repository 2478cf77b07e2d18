/**
 * What an exported `.onnx` file says about itself, in its `metadata_props`: each key holds JSON. Programs need nothing
 * else to use the model. Documented in docs/exported-models.md.
 */
import { parseBounded, TooManyValues } from '../../core/bounded-json.js';
import { isRecord } from '../../core/is-record.js';
import { failure, type PipelineError } from '../../core/problem.js';
import type { FloatType } from '../../core/schema-types.js';
import type { TrainedDocument } from '../../model/document.js';
import { show } from '../../model/layers-model/config.js';
import type { FinalActivation } from '../../core/head-rules.js';
import type { ClassList } from '../../model/prediction.js';
import { checkClasses, checkImage, checkPreprocessing, checkThresholds, type Refuse } from '../../model/preparation.js';
import type { Preprocessing } from '../../model/preprocessing.js';

/**
 * Raised when a program that follows the old meaning would go wrong: 2 is for images that are cropped or padded, which a
 * program of version 1 would stretch, and 3 for images of several classes, of which such a program would name one.
 */
const METADATA_VERSION = 1;
const FIT_VERSION = 2;
const MULTILABEL_VERSION = 3;

/** The names under which an exported model takes its images and gives its scores. */
export const PIXELS = 'pixels';
export const SCORES = 'scores';

/** Classes are in the order of the scores; `image` says how an image is brought to its size, [height, width]. */
export interface ModelMetadata extends Pick<TrainedDocument, 'image' | 'task'>, ClassList {
  readonly version: typeof METADATA_VERSION | typeof FIT_VERSION | typeof MULTILABEL_VERSION;
  /** What the graph itself does with the levels; callers do not have to. */
  readonly preprocessing: Preprocessing & { readonly applied_by: 'graph' };
  readonly input: {
    readonly name: string;
    readonly type: 'uint8';
    readonly layout: 'NHWC';
    readonly channels: 'RGB';
    readonly range: readonly [0, 255];
  };
  /** One score per class, for two classes too; they sum to 1 unless an image has any number of classes. */
  readonly output: {
    readonly name: string;
    readonly type: 'float32';
    readonly layout: 'NC';
    readonly activation: FinalActivation;
  };
  /** How the file holds its kernels; computed is in float32. */
  readonly weights: FloatType;
}

const PREFIX = 'pipeline.';

/** What decides the metadata of an exported model. */
export interface MetadataParts extends Pick<TrainedDocument, 'image' | 'preprocessing'>, ClassList {
  readonly activation: FinalActivation;
  readonly weights: FloatType;
}

export function metadataOf(parts: MetadataParts): ModelMetadata {
  const { classes, thresholds, image, preprocessing, activation, weights } = parts;
  return {
    version: versionOf(parts),
    classes,
    ...(thresholds && ({ task: 'multilabel', thresholds } as const)),
    image,
    preprocessing: { ...preprocessing, applied_by: 'graph' },
    input: { name: PIXELS, type: 'uint8', layout: 'NHWC', channels: 'RGB', range: [0, 255] },
    output: { name: SCORES, type: 'float32', layout: 'NC', activation },
    weights,
  };
}

function versionOf({ image, thresholds }: MetadataParts): ModelMetadata['version'] {
  if (thresholds !== undefined) return MULTILABEL_VERSION;
  return image.fit === undefined ? METADATA_VERSION : FIT_VERSION;
}

/** The members under keys of our own, such as `pipeline.classes`, each as JSON. */
export function toProperties(metadata: ModelMetadata): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [`${PREFIX}${name}`, JSON.stringify(value)]),
  );
}

/**
 * Reads the members back. Throws `bad-data` if they are not those of a model that `export` wrote; `where` names the
 * file.
 */
export function fromProperties(properties: ReadonlyMap<string, string>, where: string): ModelMetadata {
  const metadata = Object.fromEntries(
    members.map((name) => [name, parsed(properties.get(`${PREFIX}${name}`), `${PREFIX}${name}`, where)]),
  );
  if (!versions.includes(metadata['version'])) {
    throw notExported(
      where,
      metadata['version'] === undefined
        ? 'the file does not name its classes'
        : `its metadata have the version ${show(metadata['version'])}`,
    );
  }
  const refuse: Refuse = (found, expected) => notExported(where, found, expected);
  const classes = checkClasses(metadata['classes'], refuse);
  const isMultilabel = metadata['version'] === MULTILABEL_VERSION;
  if (isMultilabel && metadata['task'] !== 'multilabel')
    throw notExported(where, `${PREFIX}task is ${show(metadata['task'])}`, '"multilabel"');
  const thresholds = isMultilabel ? checkThresholds(metadata['thresholds'], classes.length, refuse) : undefined;
  const image = checkImage(metadata['image'], refuse);
  const preprocessing = checkPreprocessing(metadata['preprocessing'], refuse);
  const wrong = checks.find(([name, check]) => !check(metadata[name]));
  if (wrong !== undefined) throw notExported(where, `${PREFIX}${wrong[0]} is ${show(metadata[wrong[0]])}`);
  const { input, output, weights } = metadata as unknown as ModelMetadata;
  // Other content of the members is dropped: later steps would copy it, however deep it is.
  const own = metadataOf({
    classes,
    ...(thresholds && { thresholds }),
    image,
    preprocessing,
    activation: output.activation,
    weights,
  });
  return { ...own, input: { ...own.input, name: input.name }, output: { ...own.output, name: output.name } };
}

const versions: readonly unknown[] = [METADATA_VERSION, FIT_VERSION, MULTILABEL_VERSION];

const members: readonly (keyof ModelMetadata)[] = [
  'version',
  'classes',
  'task',
  'thresholds',
  'image',
  'preprocessing',
  'input',
  'output',
  'weights',
];

const isText = (value: unknown) => typeof value === 'string';
const isOneOf =
  (...values: readonly unknown[]) =>
  (value: unknown) =>
    values.includes(value);
const has = (members: Readonly<Record<string, (value: unknown) => boolean>>) => (value: unknown) =>
  isRecord(value) && Object.entries(members).every(([name, check]) => check(value[name]));

/** What the members must be that no other format has, for a program that goes by them. */
const checks: readonly (readonly [keyof ModelMetadata, (value: unknown) => boolean])[] = [
  ['preprocessing', has({ applied_by: isOneOf('graph') })],
  ['input', has({ name: isText, type: isOneOf('uint8'), layout: isOneOf('NHWC'), channels: isOneOf('RGB') })],
  [
    'output',
    has({ name: isText, type: isOneOf('float32'), layout: isOneOf('NC'), activation: isOneOf('sigmoid', 'softmax') }),
  ],
  ['weights', isOneOf('float32', 'float16')],
];

/** Undefined for what is missing or is not a JSON. */
function parsed(text: string | undefined, key: string, where: string): unknown {
  if (text === undefined) return undefined;
  try {
    return parseBounded(text);
  } catch (error) {
    if (error instanceof TooManyValues) throw notExported(where, `${key} ${error.message}`);
    return undefined;
  }
}

function notExported(
  where: string,
  found: string,
  expected = `an .onnx file that this tool exported, with metadata of version ${METADATA_VERSION} to ${MULTILABEL_VERSION}`,
): PipelineError {
  return failure('bad-data', { code: 'not-an-exported-model', where, found, expected });
}
