/**
 * The cheapest check that an engine computes an exported model as it should: the images that `export` put beside it, with
 * the outputs of a network that had been compared with a second opinion. One image takes a hundredth of that comparison.
 */
import { isRecord } from '../core/is-record.js';
import type { Runner } from '../engine/engine.js';
import { ModelFolder } from '../model/model-folder.js';

const PROBES = 'probes.json';

/** Images that are tried until one can be compared. Each takes the time to decode it. */
const MOST = 2;

/** Far above what rounding does on another machine, far below what a wrong operator does. */
const TOLERANCE = 1e-3;

/** The distance of float32 numbers just below 1. */
const STEP = 2 ** -24;

/** What the list may take, and a PNG's overhead beside its pixels. */
const LARGEST_LIST = 2 ** 20;
const OVERHEAD = 2 ** 16;

export interface Probed {
  readonly folder: string;
  /** Height and width. */
  readonly size: readonly [number, number];
  /** Numbers per image that the runner gives, and what the list calls them. */
  readonly units: number;
  readonly field: 'outputs' | 'scores';
}

/** Turns the bytes of an image into the runner's input. */
export type LoadImage = (name: string, bytes: Uint8Array) => Promise<Float32Array>;

/**
 * Whether a runner gives what the export wrote down. False also if nothing can be compared: without images, with a list of
 * another form, or where all outputs are so near 0 or 1 that a wrong network could give them too.
 */
export async function agreesWithProbes(runner: Runner, probed: Probed, load: LoadImage): Promise<boolean> {
  try {
    for (const { picture, expected } of await readProbes(probed)) {
      const found = await runner.run(await load(picture, await readProbeImage(picture, probed)), 1);
      const shares = expected.map((value, i) => differenceOf(found[i], value));
      if (shares.some((share) => share !== undefined && !(share <= TOLERANCE))) return false;
      if (shares.some((share) => share !== undefined)) return true;
    }
    return false;
  } catch {
    // Whatever is wrong with the images, the second opinion does not need them.
    return false;
  }
}

/** In logits, where scores near 0 and 1 still differ; undefined if float32 scores cannot tell. */
function differenceOf(found: number, expected: number): number | undefined {
  const resolution = STEP / (expected * (1 - expected));
  if (!(resolution > 0 && resolution < TOLERANCE / 2)) return undefined;
  return Math.abs(logit(found) - logit(expected)) / Math.max(1, Math.abs(logit(expected)));
}

function logit(score: number): number {
  return Math.log(score / (1 - score));
}

interface Row {
  readonly picture: string;
  readonly expected: readonly number[];
}

async function readProbes({ folder, units, field }: Probed): Promise<Row[]> {
  return (await readProbeList(folder, MOST)).map(({ picture, [field]: expected }): Row => {
    if (!isProbePath(picture)) throw new Error('no image');
    if (!isNumbers(expected, units)) throw new Error('other outputs');
    return { picture, expected };
  });
}

/** The first rows of a folder's probes.json, whose fields are still unchecked. Throws if it cannot be read. */
export async function readProbeList(folder: string, most: number): Promise<Record<string, unknown>[]> {
  const text = await new ModelFolder(folder).read(PROBES, { limit: LARGEST_LIST });
  const list: unknown = JSON.parse(text.toString('utf8'));
  return Array.isArray(list) ? list.slice(0, most).map((row: unknown) => (isRecord(row) ? row : {})) : [];
}

/** Whether a probe's image may be opened: it is in the folder for them. */
export function isProbePath(value: unknown): value is string {
  return typeof value === 'string' && /^probes\/\d+\.png$/.test(value);
}

export function isNumbers(value: unknown, count: number): value is number[] {
  return Array.isArray(value) && value.length === count && value.every((one) => typeof one === 'number');
}

/**
 * A PNG of exactly the network's size: anyone who made the folder could make another one costly. Throws if it is
 * something else.
 */
export async function readProbeImage(
  picture: string,
  { folder, size: [height, width] }: Pick<Probed, 'folder' | 'size'>,
): Promise<Buffer> {
  const bytes = await new ModelFolder(folder).read(picture, { limit: 4 * height * width + OVERHEAD });
  if (bytes.readUInt32BE(16) === width && bytes.readUInt32BE(20) === height) return bytes;
  throw new Error('another size');
}
