/** From an image's file to the input of a network: read, check, decode, vary, preprocess. */
import type { Digest } from '../core/digest.js';
import { shownAddress, type ImageAddress } from '../core/image-place.js';
import { asPipelineError, failure, locatedAt, type PipelineError } from '../core/problem.js';
import { readRegular } from '../core/regular-file.js';
import { Random } from '../core/random.js';
import { applyTransform, drawTransform } from '../image/augment.js';
import type { ImageSpec } from '../image/dataset.js';
import { createDecoder } from '../image/decode.js';
import { imageLimits } from '../core/image-limits.js';
import { probeImage, tooManyBytes, type ImageFault } from '../image/probe.js';
import { preprocess, type Preprocessing } from '../model/preprocessing.js';
import type { Variation } from './feature-set.js';
import { readImage } from './image-bytes.js';

/** What is done to every image. Plain data: it is handed to other threads. */
export interface ImageWork {
  readonly image: ImageSpec;
  readonly preprocessing: Preprocessing;
  /** Null for images that are taken as they are. */
  readonly variation: Variation | null;
  /** Whether images are read several times: what comes from a bucket is then worth keeping. */
  readonly again?: boolean;
}

/** An image that was listed, and found to be one, before. */
export interface ListedImage {
  readonly at: ImageAddress;
  /** Of the bytes that are expected there. */
  readonly digest: Digest;
  readonly view: number;
  /** Of its file, if they were kept. */
  readonly bytes?: SharedArrayBuffer;
  /** Whether the bytes are to be kept once they are read. */
  readonly keep?: boolean;
}

/** An image that was not checked yet, in a file or in memory; it is used as it is. */
interface NewImage {
  /** Where there are bytes, what people know them by. */
  readonly path: string;
  readonly bytes?: Uint8Array;
}

export type ImageTask = ListedImage | NewImage;

/** An image as people know it. */
export function nameOfTask(task: ImageTask): string {
  return 'at' in task ? shownAddress(task.at) : task.path;
}

/** Images that one thread loads at the same time: enough to read some while others are decoded. */
export const LOADS_AT_ONCE = 8;

/** The view of images that are taken as they are. */
export const PLAIN_VIEW = 0;

/** Fills `into`, which no one else uses, if it is given and has the right length. */
export type ImageLoader = (task: ImageTask, into?: Float32Array<ArrayBuffer>) => Promise<Float32Array<ArrayBuffer>>;

/** Called with the bytes of an image that is to be kept. */
export type OnKept = (digest: Digest, bytes: SharedArrayBuffer) => void;

/**
 * Makes a loader, which gives height x width x 3 numbers in an array of their own. It rejects with `bad-data`: with the
 * code `picture-not-decodable`; for a listed image with `picture-gone` and `picture-changed` if the file no longer
 * is what was ingested; for a new one with `picture-missing`, `picture-too-large`, `picture-foreign` or
 * `picture-damaged`. Errors of the disk pass through.
 */
export function createImageLoader({ image, preprocessing, variation }: ImageWork, onKept?: OnKept): ImageLoader {
  const [height, width] = image.size;
  const { interpolation, orientation, fit } = image;
  const decode = createDecoder({ width, height, interpolation, orientation, fit });
  const length = height * width * 3;
  return async (task, into) => {
    const bytes = 'at' in task ? await readListed(task, onKept) : await readNew(task);
    const pixels = await decode(bytes).catch((error: unknown) => {
      throw locatedAt(nameOfTask(task), asPipelineError(error));
    });
    const levels =
      variation === null || !('at' in task) ? pixels : vary(pixels, width, height, variation, task.digest, task.view);
    const input = into?.length === length ? into : new Float32Array(length);
    preprocess(levels, input, preprocessing);
    return input;
  };
}

function vary(
  pixels: Uint8Array,
  width: number,
  height: number,
  { parameters, seed }: Variation,
  digest: Digest,
  view: number,
): Float32Array {
  const transform = drawTransform(parameters, Random.keyed(seed, 'augment', digest, view), width, height);
  return applyTransform(pixels, width, height, transform);
}

/** Decoders take no shared memory. */
async function readListed({ at, digest, bytes, keep }: ListedImage, onKept: OnKept | undefined): Promise<Buffer> {
  if (bytes !== undefined) return Buffer.from(new Uint8Array(bytes));
  const read = await readImage(at, digest);
  if (keep === true && onKept !== undefined) {
    const shared = new SharedArrayBuffer(read.length);
    new Uint8Array(shared).set(read);
    onKept(digest, shared);
  }
  return read;
}

/** A new image is held to what ingest asks of every file: the decoder alone would let some damage pass. */
async function readNew({ path, bytes }: NewImage): Promise<Uint8Array> {
  const read = bytes ?? (await readWithin(path));
  const probe = probeImage(read);
  if (!probe.ok) throw badImage(path, probe.fault, probe.reason);
  return read;
}

/** The bytes of a file, unless there are more than an image may have. */
async function readWithin(path: string): Promise<Buffer> {
  const tooLarge = (size: number) => badImage(path, 'too-large', tooManyBytes(size));
  return readRegular(path, { limit: imageLimits.bytes, tooLarge, expected: 'an image file' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
      throw failure('bad-data', { code: 'picture-missing', where: path, found: 'does not exist' });
    },
  );
}

function badImage(path: string, fault: ImageFault, found: string): PipelineError {
  return failure('bad-data', { code: `picture-${fault}`, where: path, found });
}
