/** Names feature sets: all that decides a feature but the image and its view. */
import { createHash } from 'node:crypto';
import { canonical, type Json } from '../core/canonical.js';
import { digestOf } from '../core/digest.js';
import type { FloatType } from '../core/schema-types.js';
import type { EngineIdentity } from '../engine/engine.js';
import { identityFor } from '../engine/impl.js';
import type { AugmentParameters } from '../image/augment.js';
import { decoderIdentity } from '../image/identity.js';
import type { ImageSpec } from '../image/dataset.js';
import type { Graph, Layer } from '../model/graph.js';
import { originOf } from '../model/document.js';
import { PREPROCESSING_VERSION, type Preprocessing } from '../model/preprocessing.js';
import { weightsOfLayers, type Weights } from '../model/tensor.js';
import { bytesOf } from '../model/tensor-bytes.js';

/** How training images are varied; null for images that are taken as they are. */
export interface Variation {
  readonly parameters: AugmentParameters;
  readonly seed: number;
  readonly version: number;
}

export interface FeatureRecipe {
  readonly image: ImageSpec;
  readonly preprocessing: Preprocessing;
  readonly variation: Variation | null;
  /** The frozen prefix and at least its weights. */
  readonly prefix: Graph;
  readonly weights: Weights;
  readonly engine: EngineIdentity;
}

/** The preimage of a set's key. No class, path or neighbor is in it: pipelines share what is the same. */
export function featureSetPreimage(recipe: FeatureRecipe, dtype: FloatType): Json {
  const { image, preprocessing, variation, prefix, weights, engine } = recipe;
  return {
    image: { ...image },
    decoder: { ...decoderIdentity() },
    preprocessing: { ...preprocessing, version: PREPROCESSING_VERSION },
    variation: variation as Json | null,
    prefix: prefix.layers.map(inferenceOnly) as unknown as Json,
    weights: weightsDigest(prefix, weights),
    engine: { ...identityFor(engine, prefix) },
    dtype,
  };
}

/** What decides how long an image takes, but the machine; weights do not. */
export function extractionWorkload({ image, variation, prefix, engine }: FeatureRecipe): Json {
  const layers = digestOf(canonical(prefix.layers.map(inferenceOnly)));
  return {
    work: 'extraction',
    size: [...image.size],
    interpolation: image.interpolation,
    ...(image.fit === undefined ? {} : { fit: image.fit }),
    varied: variation !== null,
    layers,
    engine: { ...engine },
  };
}

/** A layer without what matters in training alone: it changes no feature. */
function inferenceOnly({ trainable: _trainable, ...layer }: Layer): object {
  return layer.kind === 'batch_normalization' ? { ...layer, statistics: undefined } : layer;
}

/** Of weights that were hashed in this process: a plan asks for training and validation images. */
const digests = new WeakMap<Weights, WeakMap<Graph, string>>();

/** Digest over the prefix's own tensors, whatever other weights come in the same files. Frozen weights never change. */
function weightsDigest(prefix: Graph, weights: Weights): string {
  const known = digests.get(weights) ?? new WeakMap<Graph, string>();
  digests.set(weights, known);
  const digest = known.get(prefix) ?? hashOf(prefix, weights);
  known.set(prefix, digest);
  return digest;
}

function hashOf(prefix: Graph, weights: Weights): string {
  const own = weightsOfLayers(weights, prefix.layers);
  const names = [...own.keys()].sort();
  const origins = names.map((name) => originOf(own.get(name)!));
  const isKnown = origins.every((origin) => origin !== undefined);
  const from = isKnown ? digestOf(canonical(names.map((name, i) => [name, origins[i]!]))) : '';
  const digest = byOrigin.get(from) ?? contentDigest(names, own);
  if (isKnown) byOrigin.set(from, digest);
  return digest;
}

/** Of tensors by the blobs that they are from: stages of one base each read it, and it is hashed once. */
const byOrigin = new Map<string, string>();

function contentDigest(names: readonly string[], own: Weights): string {
  const hash = createHash('sha256');
  for (const name of names) {
    const { shape, data } = own.get(name)!;
    hash.update(`${JSON.stringify(name)} ${shape.join('x')}\n`);
    hash.update(bytesOf(data));
  }
  return hash.digest('hex');
}
