/**
 * Decoding and resizing to 224 px: the tool's decoder, which decodes whole images and resizes with PIL's filter, against
 * libvips alone, which reads large JPEGs at a half, a quarter or an eighth. Photographs as they are, and enlarged with
 * grain to 1 and 12 megapixels. In turns, on two threads that share the files; processor time of the whole process too.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import { createDecoder } from '../../dist/image/decode.js';
import { median, report, round, sharedFolder } from '../lib.mjs';

const SIZE = 224;
const ROUNDS = 7;
const THREADS = 2;

const byTool = createDecoder({ width: SIZE, height: SIZE, interpolation: 'bilinear', orientation: 'exif' });
const byLibvips = (bytes) =>
  sharp(bytes, { autoOrient: true, failOn: 'error', ignoreIcc: true, sequentialRead: true })
    .resize(SIZE, SIZE, { fit: 'fill', kernel: 'linear' })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer();
const kinds = { tool: byTool, libvips: byLibvips };

/** A photograph of a phone: enlarged, with grain, at a quality of 92. */
async function enlarged(file, width, height) {
  const pixels = await sharp(file).resize(width, height, { fit: 'fill' }).removeAlpha().raw().toBuffer();
  let state = 1;
  for (let at = 0; at < pixels.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    pixels[at] = Math.min(255, Math.max(0, pixels[at] + ((state >>> 24) % 13) - 6));
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 92 })
    .toBuffer();
}

async function main() {
  const folder = join(sharedFolder(), 'data', 'cats-dogs', 'train', 'cats');
  const files = readdirSync(folder).map((name) => join(folder, name));
  const sets = {
    'photographs of cats-dogs (0.2 MP)': files.slice(0, 100).map((file) => readFileSync(file)),
    '1 MP': await Promise.all(files.slice(0, 16).map((file) => enlarged(file, 1152, 864))),
    '12 MP': await Promise.all(files.slice(0, 8).map((file) => enlarged(file, 4032, 3024))),
  };
  for (const [name, images] of Object.entries(sets)) {
    const workers = Array.from(
      { length: THREADS },
      (_, thread) =>
        new Worker(new URL(import.meta.url), { workerData: images.filter((_, i) => i % THREADS === thread) }),
    );
    const all = (kind) =>
      Promise.all(
        workers.map((worker) => {
          worker.postMessage(kind);
          return new Promise((resolve) => worker.once('message', resolve));
        }),
      );
    const measured = async (kind) => {
      const [start, before] = [performance.now(), process.cpuUsage()];
      await all(kind);
      const { user, system } = process.cpuUsage(before);
      return { wall: (performance.now() - start) / images.length, cpu: (user + system) / 1000 / images.length };
    };
    for (const kind of Object.keys(kinds)) await all(kind);
    const rounds = [];
    for (let i = 0; i < ROUNDS; i++) rounds.push({ tool: await measured('tool'), libvips: await measured('libvips') });
    const middle = (kind, of) => median(rounds.map((each) => each[kind][of])).toFixed(1);
    const ratios = (of) => rounds.map(({ tool, libvips }) => tool[of] / libvips[of]).toSorted((a, b) => a - b);
    const [wall, cpu] = [ratios('wall'), ratios('cpu')];
    const range = (values) => `${median(values).toFixed(2)}x (${values[0].toFixed(2)} to ${values.at(-1).toFixed(2)})`;
    report({
      claim: `decoding and resizing ${name} with PIL's filter against libvips, on two threads`,
      bar: 'reported',
      seen: `${range(wall)}; processor time ${range(cpu)}, ${middle('tool', 'cpu')} against ${middle('libvips', 'cpu')} ms per image`,
      ratio: round(median(wall)),
      ratios: wall.map((ratio) => round(ratio)),
    });
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

if (isMainThread) await main();
else
  parentPort.on('message', async (kind) => {
    for (const bytes of workerData) await kinds[kind](Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    parentPort.postMessage('done');
  });
