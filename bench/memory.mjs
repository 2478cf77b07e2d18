/**
 * Peak memory and speed of extraction over many images: 110,000 of 32 px through the embedded base, and 25,000 brought
 * to 96 px through MobileNetV2. Memory is sampled each tenth of the way: it must not grow along it.
 *
 * `node bench/memory.mjs` starts itself once for each of the two, so that each has a process of its own.
 */
import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { outputOf, shapesOf } from '../dist/model/graph.js';
import { extract, filesOf, pooledBase } from './extract/set.mjs';
import { child, report, repository, round, scratchFolder, sharedFolder } from './lib.mjs';
import { someClasses, unpack } from './noop/project.mjs';

const megabytes = (bytes) => round(bytes / 2 ** 20, 0);

async function measure(model, root, size) {
  const names = readdirSync(root, { recursive: true }).filter((name) => name.endsWith('.JPEG'));
  const files = filesOf(root, names);
  const base = await pooledBase(model, size);
  const [featureLength] = shapesOf(base.graph).get(outputOf(base.graph).name);
  const total = Object.keys(files.paths).length;
  const samples = [];
  const onProgress = (done) => {
    if (done >= ((samples.length + 1) * total) / 10) samples.push(megabytes(process.memoryUsage.rss()));
  };
  const start = performance.now();
  const folder = mkdtempSync(join(scratchFolder('memory'), 'store-'));
  await extract({ folder, root, files, base, size, featureLength, onProgress });
  const perSecond = round((total / (performance.now() - start)) * 1000, 0);
  return { pictures: total, perSecond, samples, peakMB: round(process.resourceUsage().maxRSS / 1024, 0) };
}

async function both() {
  const shared = sharedFolder();
  const scratch = scratchFolder('memory');
  const unpacked = unpack(shared, scratch);
  someClasses(unpacked, join(scratch, 'some'), 50);
  const cases = [
    ['110,000 images of 32 px, embedded base', join(repository, 'examples', 'base', 'model.json'), unpacked, 32],
    [
      '25,000 images at 96 px, MobileNetV2-0.35',
      join(shared, 'weights', 'mobilenet-v2-0.35-224', 'model.json'),
      join(scratch, 'some'),
      96,
    ],
  ];
  for (const [name, ...args] of cases) {
    const { stdout } = await child(process.execPath, [new URL(import.meta.url).pathname, ...args.map(String)]);
    const figures = JSON.parse(stdout);
    const { peakMB, perSecond, samples } = figures;
    report({
      claim: `peak memory while extracting ${name}`,
      bar: 'flat, under 1.2 GB',
      seen: `${peakMB} MB (${samples[0]} after a tenth, ${samples.at(-1)} at the end); ${perSecond} images/s`,
      ...figures,
    });
  }
}

const [model, root, size] = process.argv.slice(2);
if (model === undefined) await both();
else console.log(JSON.stringify(await measure(model, root, Number(size))));
