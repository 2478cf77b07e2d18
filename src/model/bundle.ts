/**
 * Reads an exported model's folder, as `export` writes it: the network, its classes and how its pictures are prepared.
 * Such folders are passed from hand to hand, so nothing in them is believed before it is checked.
 */
import { open, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { failure, type PipelineError } from '../core/problem.js';
import type { ImageSpec } from '../image/dataset.js';
import { pictureLimits } from '../image/probe.js';
import { outputOf, shapesOf, withInputShape, type Graph } from './graph.js';
import { isRecord, show } from './layers-model/config.js';
import { fitWeights } from './layers-model/fit.js';
import { readLayersModel } from './layers-model/load.js';
import type { Preprocessing, PreprocessingMode } from './preprocessing.js';
import { sizeOf, type Weights } from './tensor.js';

/** A model and all that it takes to use it, by the format of its network. */
export interface Bundle {
  readonly format: 'layers-model';
  readonly folder: string;
  /** Names of the files in the folder that make the model up, `model.json` first. */
  readonly files: readonly string[];
  /** For pictures of the image's size; one sigmoid unit for two classes, or as many units as there are classes. */
  readonly graph: Graph;
  readonly weights: Weights;
  readonly classes: readonly string[];
  readonly image: ImageSpec;
  readonly preprocessing: Preprocessing;
}

const MODEL = 'model.json';
const CLASSES = 'classes.json';
const PREPROCESSING = 'preprocessing.json';

/** Lists of classes and of settings come nowhere near this. */
const LARGEST_LIST = 16 * 2 ** 20;

/**
 * Reads the bundle in a folder, or the one that a `model.json` belongs to. Throws `invalid` where nothing is there,
 * `bad-data` for what is missing, damaged or does not fit together, `unsafe` for weights outside the folder.
 */
export async function readBundle(path: string): Promise<Bundle> {
  const file = await modelFileOf(path);
  const folder = dirname(file);
  const at = (name: string): string => join(folder, name);
  const classes = checkClasses(await readList(at(CLASSES)), at(CLASSES));
  const { image, preprocessing } = checkPreparation(await readList(at(PREPROCESSING)), at(PREPROCESSING));
  const read = await readLayersModel(file);
  const graph = fitGraph(read.graph, image, classes, file);
  const files = [...read.files.map((one) => relative(folder, one)), CLASSES, PREPROCESSING];
  return { format: 'layers-model', folder, files, graph, weights: fitWeights(graph, read.weights, file), classes, image, preprocessing };
}

async function modelFileOf(path: string): Promise<string> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    throw failure('invalid', { code: 'no-model', where: path, found: 'is not there', expected: usual });
  });
  if (found.isDirectory()) return join(path, MODEL);
  if (basename(path) === MODEL) return path;
  throw failure('invalid', { code: 'no-model', where: path, found: 'is no exported model', expected: usual });
}

const usual = `the folder of an exported model, such as models/pets, or its ${MODEL}`;

function bad(where: string, found: string, expected?: string): PipelineError {
  const remedy = 'export the model again, or name the folder that an export stage wrote';
  return failure('bad-data', { code: 'bad-bundle', where, found, expected, remedy });
}

async function readList(path: string): Promise<unknown> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    throw bad(path, 'is missing: the folder is no export of this tool, or not a whole one');
  });
  try {
    const { size } = await file.stat();
    if (size > LARGEST_LIST) throw bad(path, `has ${size} bytes`, `at most ${LARGEST_LIST}`);
    return JSON.parse(await file.readFile('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw bad(path, `is not JSON: ${error.message}`);
    throw error;
  } finally {
    await file.close();
  }
}

function checkClasses(value: unknown, where: string): string[] {
  const names = Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string' && name !== '') : [];
  const sound = Array.isArray(value) && names.length === value.length && names.length >= 2 && new Set(names).size === names.length;
  if (!sound) throw bad(where, `holds ${show(value)}`, 'a list of the names of two or more classes, each once');
  return names;
}

const interpolations: readonly ImageSpec['interpolation'][] = ['nearest', 'bilinear', 'bicubic', 'lanczos'];
const orientations: readonly ImageSpec['orientation'][] = ['exif', 'stored'];
const modes: readonly PreprocessingMode[] = ['tf', 'caffe', 'torch', 'none'];

function checkPreparation(value: unknown, where: string): { image: ImageSpec; preprocessing: Preprocessing } {
  const { image, preprocessing } = isRecord(value) ? value : {};
  if (!isRecord(image)) throw bad(where, `image is ${show(image)}`, 'an object with size, interpolation and orientation');
  const { size } = image;
  const isSide = (side: unknown): side is number => Number.isInteger(side) && Number(side) > 0 && Number(side) <= pictureLimits.pixels;
  if (!Array.isArray(size) || size.length !== 2 || !size.every(isSide) || sizeOf(size) > pictureLimits.pixels) {
    throw bad(where, `image.size is ${show(size)}`, '[height, width] in pixels');
  }
  const interpolation = oneOf(interpolations, image['interpolation'], where, 'image.interpolation');
  const orientation = oneOf(orientations, image['orientation'], where, 'image.orientation');
  return { image: { size: [size[0], size[1]], interpolation, orientation }, preprocessing: checkPreprocessing(preprocessing, where) };
}

function checkPreprocessing(value: unknown, where: string): Preprocessing {
  if (isRecord(value) && value['kind'] === 'rescale') {
    const { factor } = value;
    if (typeof factor === 'number' && Number.isFinite(factor) && factor > 0) return { kind: 'rescale', factor };
  }
  if (isRecord(value) && value['kind'] === 'mode') return { kind: 'mode', mode: oneOf(modes, value['mode'], where, 'preprocessing.mode') };
  throw bad(where, `preprocessing is ${show(value)}`, 'a mode of Keras, or a rescale with its factor');
}

function oneOf<Text extends string>(all: readonly Text[], value: unknown, where: string, what: string): Text {
  const found = all.find((one) => one === value);
  if (found === undefined) throw bad(where, `${what} is ${show(value)}`, all.join(', '));
  return found;
}

/** The network at the pictures' size, if it takes pictures of that size and gives scores of these classes. */
function fitGraph(read: Graph, { size }: ImageSpec, classes: readonly string[], where: string): Graph {
  const shape = [...size, 3] as const;
  const [input] = read.layers;
  const own = input.kind === 'input' ? input.shape : [];
  const fits = own.length === 3 && own.every((extent, axis) => extent === null || extent === shape[axis]);
  if (!fits) throw bad(where, `the network takes ${show(own)}`, `pictures of ${show(shape)}, as ${PREPROCESSING} says`);
  const graph = withInputShape(read, shape);
  const last = outputOf(graph);
  const output = shapesOf(graph).get(last.name)!;
  const activation = last.kind === 'dense' || last.kind === 'activation' ? last.activation : undefined;
  const gives = output.length !== 1 ? undefined : output[0] === 1 && activation === 'sigmoid' ? 2 : activation === 'softmax' ? output[0] : undefined;
  if (gives !== classes.length) {
    const found = `the network ends in ${show(output)}${activation === undefined ? '' : ` by ${activation}`}`;
    const expected = `${classes.length === 2 ? 'one sigmoid unit, or ' : ''}a softmax of ${classes.length}, for the classes in ${CLASSES}`;
    throw bad(where, found, expected);
  }
  return graph;
}
