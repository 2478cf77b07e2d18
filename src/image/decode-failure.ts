/**
 * Distinguishes an image that cannot be decoded from a machine that cannot decode: without a free thread or memory,
 * libvips fails on sound files as it does on damaged ones, and what is called undecodable may be left out for good.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { failure, withoutResources, type PipelineError } from '../core/problem.js';
import { READ_FORMATS } from './formats/foreign.js';
import { probeImage } from './probe.js';

/** Messages of glib, libvips and its codecs about resources that the machine refused. */
const wantsResources = /memory|alloc|thread|resource|too many open/i;
const PAUSES_MS = [0, 50, 250];
/** Where threads are short, each try fails with some luck; so many in a row do not happen by luck. */
const CONTROLS = 4;

type Decode = (bytes: Uint8Array) => Promise<Uint8Array>;

/**
 * Decodes again after a failure; gives the pixels if it works now. Rejects with `picture-not-decodable` (bad data) only
 * if the bytes explain it: they fail with the same words again, which do not name memory or threads, and images made
 * here pass through the same pipeline before and after. Everything else is `out-of-resources` (input or output).
 */
export async function decodeAgain(
  first: unknown,
  bytes: Uint8Array,
  decode: Decode,
  machineWorks = passesControls,
): Promise<Uint8Array> {
  let error = first;
  for (const pause of PAUSES_MS) {
    await sleep(pause);
    if (!(await machineWorks(bytes))) continue;
    const before = String(error);
    try {
      return await decode(bytes);
    } catch (again) {
      error = again;
    }
    const same = String(error) === before && !wantsResources.test(before);
    if (same && (await machineWorks(bytes))) throw notDecodable(error, bytes);
  }
  throw withoutResources('could not be decoded', undefined, error);
}

/**
 * Whether images of the size that the bytes declare pass through libvips. They are made and reduced, and never encoded:
 * with no thread to be had, libvips crashes while it writes a JPEG.
 */
async function passesControls(bytes: Uint8Array): Promise<boolean> {
  const probe = probeImage(bytes, Infinity);
  const { width, height } = probe.ok ? probe : { width: 64, height: 64 };
  try {
    for (let i = 0; i < CONTROLS; i++) {
      await sharp({ create: { width, height, channels: 3, background: '#808080' } })
        .resize(8, 8, { fit: 'fill' })
        .raw()
        .toBuffer();
    }
    return true;
  } catch {
    return false;
  }
}

function notDecodable(error: unknown, bytes: Uint8Array): PipelineError {
  const probe = probeImage(bytes, Infinity);
  const problem = {
    code: 'picture-not-decodable',
    found:
      probe.ok && probe.unended === true
        ? 'is cut short: it ends inside its image data'
        : 'is damaged: its image data cannot be decoded',
    expected: `a ${READ_FORMATS} file that decodes without errors`,
    remedy: 'replace or remove the file, or set `on_bad_image: skip` in the ingest stage to leave such images out',
  };
  return failure('bad-data', problem, error);
}
