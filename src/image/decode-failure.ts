/**
 * Tells an image that cannot be decoded from a machine that cannot decode: without a free thread or memory, libvips
 * fails on sound files as it does on damaged ones, and what is called undecodable may be left out for good.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { failure, type PipelineError } from '../core/problem.js';
import { READ_FORMATS } from './formats/foreign.js';
import { formatOf, probePicture } from './probe.js';

/** Words of glib, libvips and its codecs for what they did not get from the machine. */
const wantsResources = /memory|alloc|thread|resource|too many open/i;
const PAUSES_MS = [0, 50, 250];

/**
 * Decodes again after a failure; gives the pixels if it works now. Rejects with `picture-not-decodable` (bad data) only
 * if the bytes explain it: a made image of the same size decodes, before and after these bytes fail once more, and the
 * decoder does not name memory or threads. Everything else is `decoder-without-resources` (input or output).
 */
export async function decodeAgain(first: unknown, bytes: Uint8Array, decode: (bytes: Uint8Array) => Promise<Uint8Array>): Promise<Uint8Array> {
  let error = first;
  for (const pause of PAUSES_MS) {
    await sleep(pause);
    if (!(await decodesControl(bytes, decode))) continue;
    try {
      return await decode(bytes);
    } catch (again) {
      error = again;
    }
    if (!wantsResources.test(String(error)) && (await decodesControl(bytes, decode))) throw notDecodable(error);
  }
  throw withoutResources(error);
}

/** Whether the machine can decode a gray image of the size that the bytes declare. */
async function decodesControl(bytes: Uint8Array, decode: (bytes: Uint8Array) => Promise<Uint8Array>): Promise<boolean> {
  const probe = probePicture(bytes, Infinity);
  const { width, height } = probe.ok ? probe : { width: 64, height: 64 };
  try {
    const made = sharp({ create: { width, height, channels: 3, background: '#808080' } });
    await decode(await (formatOf(bytes) === 'jpeg' ? made.jpeg() : made.png({ compressionLevel: 1 })).toBuffer());
    return true;
  } catch {
    return false;
  }
}

function notDecodable(error: unknown): PipelineError {
  const problem = {
    code: 'picture-not-decodable',
    found: 'is damaged: its image data cannot be decoded',
    expected: `a ${READ_FORMATS} file that decodes without errors`,
    remedy: 'replace or remove the file, or set `on_bad_image: skip` in the ingest stage to leave such images out',
  };
  return failure('bad-data', problem, error);
}

function withoutResources(error: unknown): PipelineError {
  const problem = {
    code: 'decoder-without-resources',
    found: 'could not be decoded because the decoder got no memory or no thread from this machine',
    remedy: "raise the limit on memory or processes (`ulimit -a` shows it; in a container, its memory and pids limits), then run again: finished work is kept",
  };
  return failure('input-output', problem, error);
}
