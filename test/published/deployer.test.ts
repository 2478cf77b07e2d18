/**
 * A deployer trains, exports, and puts the folder where the model will run: a static server, Node, Python. Each gets the
 * scores that the tool has stored for the probe images, from their original files, which EXIF data turns.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describeWithChromium, launchChromium } from '../chromium.js';
import {
  Deployed,
  largestDifference,
  printedScores,
  replaceCdn,
  scoresOnPage,
  serveAsReadme,
  type Scores,
} from '../deployed.js';
import { copyPets } from '../pets.js';
import { testWithOnnxruntime } from '../python.js';
import { Journey, type Outcome } from './installed.js';

/** What the README of an exported model promises. */
const TOLERANCE = 1e-3;

let journey: Journey;
let model: Deployed;
let run: Outcome;
/** The files that the probe images were made of, and the scores that are stored for them. */
let originals: string[];
let stored: Scores[];

beforeAll(async () => {
  journey = await Journey.begin();
  await takePhotos(journey.path('photos'));
  await journey.pipeline('init');
  const own = { 'ingest.source': 'photos', 'ingest.image.fit': 'crop', 'export.formats': '[tfjs,onnx]' };
  const settings = Object.entries(own).flatMap(([field, value]) => ['--set', `stages.${field}=${value}`]);
  run = await journey.pipeline('run', 'pets.yaml', ...settings);
  if (run.code !== 0) throw new Error(run.stderr);
  model = await Deployed.from(journey.path('models/pets'));
  const classes = JSON.parse(await readFile(model.path('classes.json'), 'utf8')) as string[];
  const probes = JSON.parse(await readFile(model.path('probes.json'), 'utf8')) as {
    sha256: string;
    scores: number[];
  }[];
  const files = await filesByDigest(journey.path('photos'));
  originals = probes.map(({ sha256 }) => files.get(sha256)!);
  stored = probes.map(({ scores }) => Object.fromEntries(scores.map((score, i) => [classes[i], score])));
}, 400_000);
afterAll(async () => {
  await model?.remove();
  await journey?.end();
});

/** As phones write them: lying on their side, with a note in the EXIF data. */
async function takePhotos(folder: string): Promise<void> {
  await copyPets(folder, 20);
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.jpg')) continue;
    const path = join(folder, name);
    const lying = sharp(await readFile(path))
      .resize({ width: 400, height: 300, fit: 'fill' })
      .rotate(-90);
    await writeFile(path, await lying.jpeg().withMetadata({ orientation: 6 }).toBuffer());
  }
}

async function filesByDigest(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => /\.\w+$/.test(name));
  const rows = names.map(async (name): Promise<[string, string]> => {
    const bytes = await readFile(join(folder, name));
    return [createHash('sha256').update(bytes).digest('hex'), join(folder, name)];
  });
  return new Map(await Promise.all(rows));
}

test('the run shows where the model is, and that it contains images', async () => {
  const lines = run.stderr.trimEnd().split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/export +tfjs: reloaded with TF\.js, same scores on 4 images/),
      expect.stringMatching(/export +onnx: reloaded with onnxruntime, same scores on 4 images/),
      expect.stringMatching(/export +the model is in models\/pets/),
      expect.stringMatching(/export +includes 4 of your images so that others can verify scores/),
    ]),
  );
  expect(lines.at(-1)).toBe('details: npx pipeline report pets.yaml');
  expect((await readdir(journey.path('models/pets'))).sort()).toEqual([
    'README.md',
    'check.mjs',
    'check.py',
    'classes.json',
    'demo',
    'demo.html',
    'group1-shard1of1.bin',
    'model.json',
    'model.onnx',
    'prepare.mjs',
    'preprocessing.json',
    'probes',
    'probes.json',
  ]);
});

test('in Node: check.mjs, and the code of the README', async () => {
  await model.install('onnxruntime-node', 'sharp');
  const check = await model.node('check.mjs');
  expect([check.code, check.stderr, check.stdout]).toEqual([
    0,
    '',
    expect.stringMatching(/^Scores agree with probes\.json: the largest difference is .*\.\n$/),
  ]);
  expect(largestDifference(printedScores(await model.node('classify.mjs', ...originals)), stored)).toBeLessThan(
    TOLERANCE,
  );
}, 120_000);

testWithOnnxruntime(
  'in Python: check.py, and the code of the README',
  async () => {
    const check = await model.python('check.py');
    expect([check.code, check.stderr, check.stdout]).toEqual([
      0,
      '',
      expect.stringMatching(/^Scores agree with probes\.json: the largest difference is .*\.\n$/),
    ]);
    expect(largestDifference(printedScores(await model.python('classify.py', ...originals)), stored)).toBeLessThan(
      TOLERANCE,
    );
  },
  120_000,
);

describeWithChromium('in the browser, from `python3 -m http.server`', () => {
  test('demo.html shows the classes with percentages, and the page of the README their scores', async () => {
    const server = await serveAsReadme(model.folder);
    const browser = await launchChromium();
    try {
      for (const width of [1280, 390]) {
        const demo = await browser.newPage({ viewport: { width, height: 900 } });
        await demo.goto(`${server.url}demo.html`);
        await demo.getByText('Ready.').waitFor();
        await demo.setInputFiles('#file', originals[0]);
        await demo.locator('#result').waitFor();
        const [best, score] = Object.entries(stored[0]).sort(([, a], [, b]) => b - a)[0];
        const shown = await demo.locator('#rows tr').first().innerText();
        expect(shown.split(/\s+/)).toEqual([best, `${(score * 100).toFixed(1)}%`]);
        // Nothing is cut off at the side of a phone's screen.
        expect(await demo.locator('html').evaluate((page) => page.scrollWidth)).toBeLessThanOrEqual(width);
        await demo.close();
      }
      const page = await browser.newPage();
      await replaceCdn(page);
      await page.goto(`${server.url}classify.html`, { waitUntil: 'networkidle' });
      expect(largestDifference(await scoresOnPage(page, originals), stored)).toBeLessThan(TOLERANCE);
    } finally {
      await browser.close();
      server.close();
    }
  }, 120_000);
});
