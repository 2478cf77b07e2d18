/**
 * Features of photographs by MobileNetV2-0.35 at 224 px, from JPEG files into an empty store, on 1, 2, 4, ... cores of
 * this machine (by `taskset`), beside what a model predicts: an image takes the main thread `pass` and the engine
 * `compute / cores`, one after the other because both hold that thread, and all cores together `total / cores`.
 *
 *   npm run bench:scale [-- --claim 16]
 *
 * `--claim` overrides the number of cores that Node reports, to see how many images are decoded at once on a machine
 * that has fewer.
 */

import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';
import { child, jsonLines, median, report, round, scratchFolder, sharedFolder } from './lib.mjs';

const SIZE = 224;
const ROUNDS = 3;
const MODELED = [1, 2, 4, 8, 16, 32, 64];
/** Not measured: starting threads and compiling the network, a fifth of a second whatever the number of images. */
const WARM_UP = 160;

const words = process.argv.slice(2);
const valueOf = (name) => (words.includes(name) ? words[words.indexOf(name) + 1] : undefined);

if (valueOf('--child') !== undefined) await measure(valueOf('--child'), Number(valueOf('--claim') ?? 0));
else await compare();

/** Processor time of a thread of this process in milliseconds, in ticks of 10; undefined without /proc. */
function threadMs(thread) {
  try {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    return (Number(user) + Number(system)) * 10;
  } catch {
    return undefined;
  }
}

/** One extraction, or, for `pass`, everything but the engine. Prints its measures as a line of JSON. */
async function measure(mode, claimed) {
  if (claimed > 0) {
    os.availableParallelism = () => claimed;
    syncBuiltinESMExports();
  }
  const { default: sharp } = await import('sharp');
  const { extract, filesOf, pooledBase } = await import('./extract/set.mjs');
  const { ImagePool } = await import('../dist/features/image-pool.js');
  const { imageBatches, imagesPerBatch } = await import('../dist/image/batches.js');
  const shared = sharedFolder();
  const root = join(shared, 'data', 'cats-dogs');
  const names = ['train', 'validation'].flatMap((split) =>
    ['cats', 'dogs'].flatMap((name) => readdirSync(join(root, split, name)).map((file) => `${split}/${name}/${file}`)),
  );
  const files = filesOf(root, names);
  const digests = Object.keys(files.paths);
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, sharp.counters().process)), 5);
  let begun;
  const onProgress = (done) => {
    most = Math.max(most, sharp.counters().process);
    if (begun === undefined && done >= WARM_UP)
      begun = { done, at: performance.now(), cpu: process.cpuUsage(), main: threadMs(process.pid) };
  };
  if (mode === 'extract') {
    const base = await pooledBase(join(shared, 'weights', 'mobilenet-v2-0.35-224', 'model.json'), SIZE);
    const folder = mkdtempSync(join(scratchFolder('scale'), 'store-'));
    await extract({ folder, root, files, base, size: SIZE, featureLength: 1280, onProgress });
  } else {
    const image = { size: [SIZE, SIZE], interpolation: 'bilinear', orientation: 'exif' };
    const pool = new ImagePool({ image, preprocessing: { kind: 'mode', mode: 'tf' }, variation: null });
    const place = { kind: 'folder', path: root };
    let done = 0;
    for await (const { items } of imageBatches({
      items: digests,
      batchSize: imagesPerBatch([SIZE, SIZE]),
      inFlight: pool.inFlight,
      ahead: pool.ahead(SIZE * SIZE * 3),
      release: (image) => pool.release(image),
      numbersPerImage: SIZE * SIZE * 3,
      load: (digest) => pool.load({ at: { place, name: files.paths[digest][0] }, digest, view: 0 }),
      nameOf: String,
    }))
      onProgress((done += items.length));
    await pool.close();
  }
  clearInterval(watch);
  const images = digests.length - begun.done;
  const { user, system } = process.cpuUsage(begun.cpu);
  console.log(
    JSON.stringify({
      images,
      ms: performance.now() - begun.at,
      cpuMs: (user + system) / 1000 / images,
      mainMs: (threadMs(process.pid) - begun.main) / images,
      threads: readdirSync('/proc/self/task').length,
      decodedAtOnce: most,
    }),
  );
}

/** Runs a child of this script on so many cores. */
async function on(cores, mode, claimed = 0) {
  const args = [fileURLToPath(import.meta.url), '--child', mode, '--claim', String(claimed)];
  // As `cli.cjs` does for the command.
  const env = { ...process.env, UV_THREADPOOL_SIZE: String(Math.max(4, claimed || cores)) };
  const { stdout } = await child('taskset', ['-c', `0-${cores - 1}`, process.execPath, ...args], { env });
  return jsonLines(stdout).at(-1);
}
async function compare() {
  const claimed = Number(valueOf('--claim') ?? 0);
  if (claimed > 0) return void console.log(await on(os.availableParallelism(), 'extract', claimed));
  const counts = MODELED.filter((cores) => cores <= os.availableParallelism());
  const rounds = { pass: [], extract: Object.fromEntries(counts.map((cores) => [cores, []])) };
  for (let i = 0; i < ROUNDS; i++) {
    rounds.pass.push(await on(1, 'pass'));
    for (const cores of counts) rounds.extract[cores].push(await on(cores, 'extract'));
  }
  const middle = (list, key) => median(list.map((one) => one[key]));
  const total = middle(rounds.extract[1], 'cpuMs');
  const pass = middle(rounds.pass, 'mainMs');
  const compute = Math.max(0, total - middle(rounds.pass, 'cpuMs'));
  const predicted = (cores) => 1000 / Math.max(total / cores, pass + compute / cores);
  const rateOf = ({ images, ms }) => (images / ms) * 1000;
  const rows = MODELED.map((cores) => ({
    cores,
    measured: counts.includes(cores) ? round(median(rounds.extract[cores].map(rateOf)), 0) : undefined,
    predicted: round(predicted(cores), 0),
    busy: round(predicted(cores) / ((1000 / total) * cores)),
  }));
  console.log('| cores | images/s | predicted | share of the cores that is busy |\n| --- | --- | --- | --- |');
  for (const { cores, measured, predicted, busy } of rows)
    console.log(`| ${cores} | ${measured ?? ''} | ${predicted} | ${busy} |`);
  report({
    claim: 'cores that extraction keeps busy, MobileNetV2-0.35 at 224 px from JPEG files',
    bar: '16',
    seen: `an image takes ${round(total)} ms of processor time, ${round(compute)} of them in the engine, and ${round(pass)} ms of the main thread beside the engine: ${Math.floor((total - compute) / pass)} cores`,
    rows,
    milliseconds: { total, compute, pass },
  });
}
