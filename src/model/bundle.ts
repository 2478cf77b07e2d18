/**
 * Reads an exported model's folder, as `export` writes it: the network, its classes and how its images are prepared.
 * Such folders are passed from hand to hand, so nothing in them is believed before it is checked.
 */
import { classesOfEnding, endingsFor } from '../core/head-rules.js';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseBounded, TooManyValues } from '../core/bounded-json.js';
import type { Digest } from '../core/digest.js';
import { isRecord } from '../core/is-record.js';
import { failure, type PipelineError } from '../core/problem.js';
import type { ImageSpec } from '../image/dataset.js';
import { isForeign, notExported } from './formats/foreign-folder.js';
import { outputOf, shapesOf, withInputShape, type Graph } from './graph.js';
import { show } from './layers-model/config.js';
import { fitWeights } from './layers-model/fit.js';
import { readLayersModel } from './layers-model/load.js';
import { ModelFolder } from './model-folder.js';
import type { ClassList } from './prediction.js';
import { checkClasses, checkImage, checkPreprocessing, checkThresholds, type Refuse } from './preparation.js';
import type { Preprocessing } from './preprocessing.js';
import type { Weights } from './tensor.js';

/** A model and all that it takes to use it, by the format of its network. */
export interface Bundle extends ClassList {
  readonly format: 'layers-model';
  readonly folder: string;
  /** The files in the folder that make the model up by name, with the digests of the bytes that were read. */
  readonly files: ReadonlyMap<string, Digest>;
  /** For images of this size; one sigmoid unit for two classes of which an image has one, otherwise a unit per class. */
  readonly graph: Graph;
  readonly weights: Weights;
  readonly image: ImageSpec;
  readonly preprocessing: Preprocessing;
}

const MODEL = 'model.json';
const CLASSES = 'classes.json';
const PREPROCESSING = 'preprocessing.json';

/** Lists of classes and of settings come nowhere near this. */
const LARGEST_LIST = 16 * 2 ** 20;

/**
 * Reads the bundle in a folder, or the one that a `model.json` belongs to. Throws `invalid` if nothing is there,
 * `bad-data` for what is missing, damaged or does not fit together, `unsafe` for weights outside the folder.
 */
export async function readBundle(path: string): Promise<Bundle> {
  const file = await modelFileOf(path);
  const folder = dirname(file);
  // A link that a person named may lead anywhere; the files next to it may not.
  const inside = new ModelFolder(folder, file === path ? { named: MODEL } : {});
  const at = (name: string): string => join(folder, name);
  const list = checkClassList(await readList(inside, CLASSES, at), (found, expected) =>
    bad(at(CLASSES), found, expected),
  );
  const { classes, thresholds } = list;
  const prepared = await readList(inside, PREPROCESSING, at);
  const parts = isRecord(prepared) ? prepared : {};
  const refuse: Refuse = (found, expected) => bad(at(PREPROCESSING), found, expected);
  const [image, preprocessing] = [
    checkImage(parts['image'], refuse),
    checkPreprocessing(parts['preprocessing'], refuse),
  ];
  const read = await readLayersModel(file, { folder: inside });
  const { metadata } = read;
  requireSame(metadata['classes'], classes, at(CLASSES));
  if (metadata['classes'] !== undefined) requireSame(metadata['thresholds'] ?? null, thresholds ?? null, at(CLASSES));
  requireSame(metadata['image'], image, at(PREPROCESSING));
  requireSame(metadata['preprocessing'], preprocessing, at(PREPROCESSING));
  const graph = fitGraph(read.graph, image, list, file);
  const files = new Map(read.files.map((one) => [relative(folder, one.path), one.digest]));
  return {
    format: 'layers-model',
    folder,
    files,
    graph,
    weights: fitWeights(graph, read.weights, file),
    ...list,
    image,
    preprocessing,
  };
}

/**
 * An export says these things in its network's file too, so that a list that was swapped or came from another model is
 * found.
 */
function requireSame(inModel: unknown, inList: unknown, where: string): void {
  if (inModel === undefined || isDeepStrictEqual(inModel, inList)) return;
  throw bad(
    where,
    `contains ${show(inList)}, but ${MODEL} in the same folder ${show(inModel)}`,
    'the same value in both',
  );
}

/** A list of names or, where an image has any number of classes, an object that has their thresholds too. */
function checkClassList(value: unknown, refuse: Refuse): ClassList {
  if (!isRecord(value)) return { classes: checkClasses(value, refuse) };
  if (value['task'] !== 'multilabel')
    throw refuse(`the task is ${show(value['task'])}`, '"multilabel", or a list of classes');
  const classes = checkClasses(value['classes'], refuse);
  return { classes, thresholds: checkThresholds(value['thresholds'], classes.length, refuse) };
}

async function modelFileOf(path: string): Promise<string> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    throw failure('invalid', { code: 'no-model', where: path, found: 'does not exist', expected: usual });
  });
  const folder = found.isDirectory() ? path : dirname(path);
  const isModel = found.isDirectory() || basename(path) === MODEL;
  if (!isModel || (await isForeign(folder))) throw await notExported(path);
  return join(folder, MODEL);
}

const usual = `the folder of an exported model, such as models/pets, or its ${MODEL}`;

function bad(where: string, found: string, expected?: string): PipelineError {
  const remedy = 'export the model again, or use the folder that an export stage wrote';
  return failure('bad-data', { code: 'bad-bundle', where, found, expected, remedy });
}

async function readList(folder: ModelFolder, name: string, at: (name: string) => string): Promise<unknown> {
  const path = at(name);
  try {
    const tooLarge = (size: number) => bad(path, `has ${size} bytes`, `at most ${LARGEST_LIST}`);
    return parseBounded((await folder.read(name, { limit: LARGEST_LIST, tooLarge })).toString('utf8'));
  } catch (error) {
    if (error instanceof TooManyValues) throw bad(path, error.message);
    if (error instanceof SyntaxError) throw bad(path, 'is not JSON, or is damaged or cut off');
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    throw bad(path, 'is missing: the folder is not an export of this tool, or is incomplete');
  }
}

/** The network at the images' size, if it takes images of that size and gives scores of these classes. */
function fitGraph(read: Graph, { size }: ImageSpec, { classes, thresholds }: ClassList, where: string): Graph {
  const shape = [...size, 3] as const;
  const [input] = read.layers;
  const own = input.kind === 'input' ? input.shape : [];
  const fits = own.length === 3 && own.every((extent, axis) => extent === null || extent === shape[axis]);
  if (!fits) throw bad(where, `the network takes ${show(own)}`, `images of ${show(shape)}, as in ${PREPROCESSING}`);
  const graph = withInputShape(read, shape);
  const last = outputOf(graph);
  const output = shapesOf(graph).get(last.name)!;
  const activation = last.kind === 'dense' || last.kind === 'activation' ? last.activation : undefined;
  const task = thresholds === undefined ? undefined : 'multilabel';
  const gives = output.length === 1 ? classesOfEnding(output[0], activation, task) : undefined;
  if (gives !== classes.length) {
    const found = `the network ends in ${show(output)}${activation === undefined ? '' : ` with ${activation}`}`;
    const expected = `${endingsFor(classes.length, task)}, for the classes in ${CLASSES}`;
    throw bad(where, found, expected);
  }
  return graph;
}
