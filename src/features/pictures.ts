/** From a picture's digest to the numbers that a network takes in: read, check, decode, vary, preprocess. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, type Digest } from '../core/digest.js';
import { failure } from '../core/problem.js';
import { Random } from '../core/random.js';
import { applyTransform, drawTransform } from '../image/augment.js';
import type { Files, ImageSpec } from '../image/dataset.js';
import { createDecoder } from '../image/decode.js';
import { preprocess, type Preprocessing } from '../model/preprocessing.js';
import type { Variation } from './feature-set.js';

export interface PictureSource {
  /** Absolute path of the folder that `files.paths` start from. */
  readonly root: string;
  readonly files: Files;
  readonly image: ImageSpec;
  readonly preprocessing: Preprocessing;
}

/** The view of pictures that are taken as they are. */
export const PLAIN_VIEW = 0;

/**
 * Makes a loader: it gives height x width x 3 numbers for a picture and a view. Throws `bad-data` for a picture that
 * cannot be decoded, or whose bytes are no longer those that were ingested.
 */
export function createPictureLoader(source: PictureSource, variation: Variation | null): (digest: Digest, view: number) => Promise<Float32Array> {
  const [height, width] = source.image.size;
  const { interpolation, orientation } = source.image;
  const decode = createDecoder({ width, height, interpolation, orientation });
  return async (digest, view) => {
    const path = join(source.root, source.files.paths[digest][0]);
    const pixels = await decode(await readPicture(path, digest)).catch((error: unknown) => {
      throw failure('bad-data', {
        code: 'picture-not-decodable',
        where: path,
        found: error instanceof Error ? error.message : String(error),
        remedy: 'mend or remove the file, or set `on_bad_image: skip` in the ingest stage',
      }, error);
    });
    const input = new Float32Array(height * width * 3);
    preprocess(variation === null ? pixels : vary(pixels, width, height, variation, digest, view), input, 0, source.preprocessing);
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
