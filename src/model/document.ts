/** A model as stages hand it on: the layer graph, where its weights are, and how its images are prepared. */
import type { BlobRef, Digest } from '../core/digest.js';
import {
  isCount,
  isFiniteNumber,
  isListOf,
  isOneOf,
  isShapedAs,
  isString,
  optional,
  type Guard,
} from '../core/guards.js';
import { isBlobRef } from '../core/outputs.js';
import type { Outputs } from '../core/stage.js';
import { failure } from '../core/problem.js';
import type { Multilabel } from '../core/task.js';
import { isImageSpec, type ImageSpec } from '../image/dataset.js';
import { isGraph } from './graph-form.js';
import { allWeightSpecs, type Graph } from './graph.js';
import { isPreprocessing, type Preprocessing } from './preprocessing.js';
import { layerOfWeight, type Tensor, type Weights } from './tensor.js';
import { decodeWeights } from './weights-file.js';

export interface ModelDocument {
  readonly graph: Graph;
  /** Null if neither the base nor the pipeline says: then `augment.rescale` must. */
  readonly preprocessing: Preprocessing | null;
  /** Files of weights, the base's first; a later one replaces what an earlier one names. */
  readonly weights: readonly BlobRef[];
  readonly base: {
    readonly architecture: string;
    readonly weights: string;
    /** How many of the graph's layers are the base's, which come first; there once a head follows them. */
    readonly layers?: number;
  };
  /** Of a base on 8-bit integers. */
  readonly int8?: Int8Account;
}

/** How far a layer's output is above what computing it in integers adds to it. */
export interface LayerNoise {
  readonly layer: string;
  readonly decibels: number;
}

/** What a base on 8-bit integers came from. */
interface Int8Account {
  /** The document of the same base in float32. */
  readonly exact: BlobRef;
  /** Images that the ranges came from. */
  readonly images: number;
  /** The layers that lose most, the worst first. */
  readonly layers: readonly LayerNoise[];
  /** Those that stay in float32. */
  readonly kept: readonly LayerNoise[];
}

/** A model after training, with all that it takes to use it. */
export interface TrainedDocument extends ModelDocument {
  readonly preprocessing: Preprocessing;
  readonly classes: readonly string[];
  readonly image: ImageSpec;
  /** Left out for a model that gives an image one class. */
  readonly task?: Multilabel;
}

const isBaseOf = isShapedAs({ architecture: isString, weights: isString, layers: optional(isCount) });
/** The names under which stages hand on a base in float32 beside one on integers. */
const EXACT_OUTPUTS = ['exact', 'exact_weights'] as const;

/** Hands the base in float32 on, if there is one beside what a stage reads: results that are kept name all they need. */
export function passExact(outputs: Outputs, pass: (name: string, ref: BlobRef) => void): void {
  for (const name of EXACT_OUTPUTS) if (outputs[name] !== undefined) pass(name, outputs[name]);
}

const isNoise = isListOf(isShapedAs({ layer: isString, decibels: isFiniteNumber }));
const isInt8 = isShapedAs({ exact: isBlobRef, images: isCount, layers: isNoise, kept: isNoise });
const documentFields = { graph: isGraph, weights: isListOf(isBlobRef), base: isBaseOf, int8: optional(isInt8) };

export const isModelDocument: Guard<ModelDocument> = isShapedAs({
  ...documentFields,
  preprocessing: (value: unknown): value is Preprocessing | null => value === null || isPreprocessing(value),
});

export const isTrainedDocument: Guard<TrainedDocument> = isShapedAs({
  ...documentFields,
  preprocessing: isPreprocessing,
  classes: isListOf(isString),
  image: isImageSpec,
  task: optional(isOneOf('multilabel')),
});

const origins = new WeakMap<Tensor, Digest>();

/** The blob that a tensor was read from, with its name there: the two decide its numbers. */
export function originOf(tensor: Tensor): Digest | undefined {
  return origins.get(tensor);
}

/** Reads a document's weights. */
export async function readWeights(
  document: ModelDocument,
  readBytes: (ref: BlobRef) => Promise<Buffer>,
): Promise<Weights> {
  const weights = new Map<string, Tensor>();
  for (const ref of document.weights) {
    for (const [name, tensor] of decodeWeights(await readBytes(ref), ref.digest)) {
      origins.set(tensor, ref.digest);
      weights.set(name, tensor);
    }
  }
  const missing = allWeightSpecs(document.graph).find(({ name }) => !weights.has(name));
  if (missing !== undefined)
    throw failure('bad-data', {
      code: 'weights-damaged',
      found: `the weights of the model lack ${missing.name}`,
      expected: 'a model that this tool wrote',
      remedy: 'remove the cache unless you know who changed it, then run again: everything is computed again',
    });
  return weights;
}

/** `334 parameters frozen, 440 trained` */
export function describeParameters({ trainable, frozen }: ReturnType<typeof countParameters>): string {
  return `${frozen.toLocaleString('en-US')} parameters frozen, ${trainable.toLocaleString('en-US')} trained`;
}

/** Numbers in the weights of the graph's layers, by whether training changes them. */
export function countParameters(graph: Graph, weights: Weights): { trainable: number; frozen: number } {
  const trainableLayers = new Set(graph.layers.filter((layer) => layer.trainable).map((layer) => layer.name));
  const counts = { trainable: 0, frozen: 0 };
  for (const [name, { data }] of weights) {
    const layer = layerOfWeight(name);
    const learned = trainableLayers.has(layer) && !name.startsWith('moving_', layer.length + 1);
    counts[learned ? 'trainable' : 'frozen'] += data.length;
  }
  return counts;
}
