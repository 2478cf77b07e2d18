/** Images that verify a written model, and that are exported with it so that others can verify theirs. */
import sharp from 'sharp';
import type { Digest } from '../../core/digest.js';
import { failure } from '../../core/problem.js';
import type { Data } from '../../features/data.js';
import { createImageLoader, PLAIN_VIEW } from '../../features/image-loader.js';
import type { Label } from '../../image/dataset.js';
import { isUndecodable } from '../../image/probe.js';
import type { TrainedDocument } from '../../model/document.js';
import { preprocess } from '../../model/preprocessing.js';

/** Enough to meet both classes twice; each adds no more than its pixels to the bundle. */
const PROBES = 4;

export interface Probe {
  readonly digest: Digest;
  /** The class that the image is labeled with, or all of them. */
  readonly label: string | readonly string[];
  /** height x width x 3 bytes: the image decoded and resized, not yet preprocessed. */
  readonly pixels: Uint8Array;
}

/** Validation images, or training images if there are none; always the same ones for the same data. */
export function labelsByDigest(data: Data): Map<Digest, Label> {
  const validation = data.of('validation');
  return validation.size > 0 ? validation : data.of('train');
}

/**
 * The first images of each class by digest, the classes taking turns. Skips images that cannot be decoded if
 * `on_bad_image` is `skip`; throws `bad-data` if none is left.
 */
export async function loadProbes({
  data,
  image,
}: {
  readonly data: Data;
  readonly image: TrainedDocument['image'];
}): Promise<Probe[]> {
  const place = await data.openImages();
  const load = createImageLoader({ image, preprocessing: { kind: 'mode', mode: 'none' }, variation: null });
  const probes: Probe[] = [];
  for (const [digest, label] of inTurns(labelsByDigest(data))) {
    if (probes.length === PROBES) break;
    const at = { place, name: data.files.paths[digest][0] };
    const levels = await load({ at, digest, view: PLAIN_VIEW }).catch((error: unknown) => {
      if (data.files.onBadImage === 'fail' || !isUndecodable(error)) throw error;
      return undefined;
    });
    if (levels !== undefined)
      probes.push({ digest, label: named(label, data.spec.classes), pixels: Uint8Array.from(levels) });
  }
  if (probes.length > 0) return probes;
  throw failure('bad-data', {
    code: 'no-probes',
    found: 'none of the images for checking the written model can be decoded',
    remedy: 'replace or remove them',
  });
}

function named(label: Label, classes: readonly string[]): string | readonly string[] {
  return typeof label === 'number' ? classes[label] : label.map((index) => classes[index]);
}

/** The first of each class, then the second of each, and so on; an image of several classes counts for its first. */
function inTurns(labels: ReadonlyMap<Digest, Label>): [Digest, Label][] {
  const met = new Map<number, number>();
  const turns = [...labels].map(([digest, label]) => {
    const first = typeof label === 'number' ? label : (label[0] ?? Infinity);
    const turn = met.get(first) ?? 0;
    met.set(first, turn + 1);
    return { digest, label, first, turn };
  });
  turns.sort((a, b) => a.turn - b.turn || (a.first === b.first ? 0 : a.first - b.first));
  return turns.map(({ digest, label }) => [digest, label]);
}

/** All pixels, one image after another. */
export function pixelsOf(probes: readonly Probe[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(probes.map(({ pixels }) => pixels)));
}

/** The network's inputs for the probes, one image after another. */
export function inputsOf(probes: readonly Probe[], { preprocessing }: TrainedDocument): Float32Array<ArrayBuffer> {
  const pixels = pixelsOf(probes);
  const inputs = new Float32Array(pixels.length);
  preprocess(pixels, inputs, preprocessing);
  return inputs;
}

/** A probe's pixels as a PNG, which loses none of them. */
export function pngOf({ pixels }: Probe, [height, width]: readonly [number, number]): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 9 })
    .toBuffer();
}
