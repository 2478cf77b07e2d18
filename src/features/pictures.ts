/** From a picture's file to the numbers that a network takes in: read, check, decode, vary, preprocess. */
import { readFile } from 'node:fs/promises';
import { digestOf, type Digest } from '../core/digest.js';
import { asPipelineError, failure, locatedAt, PipelineError } from '../core/problem.js';
import { Random } from '../core/random.js';
import { applyTransform, drawTransform } from '../image/augment.js';
import type { ImageSpec } from '../image/dataset.js';
import { createDecoder } from '../image/decode.js';
import { preprocess, type Preprocessing } from '../model/preprocessing.js';
import type { Variation } from './feature-set.js';

/** What is done to every picture. Plain data: it is handed to other threads. */
export interface PictureWork {
  readonly image: ImageSpec;
  readonly preprocessing: Preprocessing;
  /** Null for pictures that are taken as they are. */
  readonly variation: Variation | null;
}

export interface PictureTask {
  readonly path: string;
  /** Of the bytes that are expected in the file. */
  readonly digest: Digest;
  readonly view: number;
}

/** The view of pictures that are taken as they are. */
export const PLAIN_VIEW = 0;

export type PictureLoader = (task: PictureTask) => Promise<Float32Array<ArrayBuffer>>;

/**
 * Makes a loader, which gives height x width x 3 numbers in an array of their own. It rejects with `bad-data`: with the
 * code `picture-not-decodable`, or `picture-gone` and `picture-changed` where the file no longer is what was ingested.
 */
export function createPictureLoader({ image, preprocessing, variation }: PictureWork): PictureLoader {
  const [height, width] = image.size;
  const { interpolation, orientation } = image;
  const decode = createDecoder({ width, height, interpolation, orientation });
  return async ({ path, digest, view }) => {
    const pixels = await decode(await readPicture(path, digest)).catch((error: unknown) => {
      throw locatedAt(path, asPipelineError(error));
    });
    const levels = variation === null ? pixels : vary(pixels, width, height, variation, digest, view);
    const input = new Float32Array(height * width * 3);
    preprocess(levels, input, 0, preprocessing);
    return input;
  };
}

function vary(pixels: Uint8Array, width: number, height: number, { parameters, seed }: Variation, digest: Digest, view: number): Float32Array {
  const transform = drawTransform(parameters, Random.keyed(seed, 'augment', digest, view), width, height);
  return applyTransform(pixels, width, height, transform);
}

/** The bytes that are decoded are the bytes that were hashed: a file that was edited since is refused. */
async function readPicture(path: string, digest: Digest): Promise<Buffer> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw failure('bad-data', { code: 'picture-gone', where: path, found: 'was there when the pictures were listed, and is gone', remedy: 'run again' });
  });
  if (digestOf(bytes) !== digest) {
    throw failure('bad-data', { code: 'picture-changed', where: path, found: 'was changed while the pipeline ran', remedy: 'run again' });
  }
  return bytes;
}

/**
 * Whether a picture may be left out for this failure where bad ones are: one that was changed or is gone may be as good
 * as any, and a fault of the disk says nothing of the picture.
 */
export function isUndecodable(error: unknown): boolean {
  return error instanceof PipelineError && error.problems[0].code === 'picture-not-decodable';
}
