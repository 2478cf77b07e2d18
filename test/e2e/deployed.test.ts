/** The code beside exported models, for each way to prepare images and each format, against `predict`. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import sharp from 'sharp';
import type { Browser } from 'playwright-core';
import { collectMessages, describeWithChromium, launchChromium } from '../chromium.js';
import {
  Deployed,
  largestDifference,
  printedScores,
  replaceCdn,
  scoresOnPage,
  serveStatic,
  type Scores,
} from '../deployed.js';
import { testWithOnnxruntime } from '../python.js';
import { pipelineText, Project } from './rig.js';

/** What the README promises. */
const TOLERANCE = 1e-3;

let project: Project;
/** A photo that its EXIF data turns, gray levels, and a PNG with transparent parts, whose colors a canvas loses. */
const images = ['turned.jpg', 'gray.png', 'transparent.png'];
const folders: Deployed[] = [];

beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 10);
  await project.write('pets.yaml', pipelineText());
  const [name] = await readdir(project.path('pictures/cats'));
  const pet = sharp(project.path('pictures/cats', name));
  const width = 300;
  const large = await pet.resize({ width, height: 200, fit: 'fill' }).png().toBuffer();
  await sharp(large).jpeg().withMetadata({ orientation: 6 }).toFile(project.path('turned.jpg'));
  const fade = Buffer.from(Array.from({ length: width * 200 }, (_, i) => 1 + (i % 255)));
  const alpha = { raw: { width, height: 200, channels: 1 } } as const;
  await sharp(large).removeAlpha().joinChannel(fade, alpha).png().toFile(project.path('transparent.png'));
  await sharp(large).toColourspace('b-w').png().toFile(project.path('gray.png'));
});
afterAll(async () => {
  for (const folder of folders) await folder.remove();
  await project.remove();
});

interface Answered {
  readonly model: Deployed;
  readonly expected: Scores[];
}

const tfjsPackages = ['core', 'layers', 'backend-cpu'].map((part) => `@tensorflow/tfjs-${part}`);
const answered = new Map<string, Answered>();

/** Trains with these settings, and gives the folder and what `predict` says of the images; once for all tests. */
async function deploy(format: 'onnx' | 'tfjs', ...settings: string[]): Promise<Answered> {
  const name = [format, ...settings].join();
  const known = answered.get(name);
  if (known !== undefined) return known;
  const set = [`export.formats=[${format}]`, ...settings].flatMap((setting) => ['--set', `stages.${setting}`]);
  const run = await project.run('pets.yaml', ...set);
  if (run.code !== 0) throw new Error(run.stderr);
  const model = await copyOf(project.path('models/pets'));
  await model.install(...(format === 'onnx' ? ['onnxruntime-node'] : tfjsPackages), 'sharp');
  const answers = await project.command('predict', 'models/pets', ...images, '--json');
  const lines = answers.stdout.trim().split('\n');
  const expected = lines.map((line) => (JSON.parse(line) as { scores: Scores }).scores);
  answered.set(name, { model, expected });
  return { model, expected };
}

async function copyOf(folder: string): Promise<Deployed> {
  const copy = await Deployed.from(folder);
  folders.push(copy);
  return copy;
}

const paths = (): string[] => images.map((image) => project.path(image));

/** Every way to bring an image to the size of the model. */
const preparations = [
  ['stretch', []],
  ['crop', ['ingest.image.fit=crop', 'ingest.image.crop_pct=0.875', 'ingest.image.interpolation=bicubic']],
  ['crop to even', ['ingest.image.fit=crop', 'ingest.image.crop_pct=0.9', 'ingest.image.crop_rounding=even']],
  ['pad', ['ingest.image.fit=pad', 'ingest.image.fill=[9,80,200]', 'ingest.image.interpolation=lanczos']],
  ['stored', ['ingest.image.orientation=stored', 'ingest.image.interpolation=nearest']],
] as const;

describe.each(preparations)('images prepared by %s', (_name, settings) => {
  test('in Node', async () => {
    const { model, expected } = await deploy('onnx', ...settings);
    const found = printedScores(await model.node('classify.mjs', ...paths()));
    expect(largestDifference(found, expected)).toBeLessThan(TOLERANCE);
  });

  testWithOnnxruntime('in Python', async () => {
    const { model, expected } = await deploy('onnx', ...settings);
    const found = printedScores(await model.python('classify.py', ...paths()));
    expect(largestDifference(found, expected)).toBeLessThan(TOLERANCE);
  });
});

test('a TF.js model in Node', async () => {
  const { model, expected } = await deploy('tfjs');
  expect(await model.node('check.mjs')).toMatchObject({ code: 0, stdout: expect.stringContaining('Outputs agree') });
  const found = printedScores(await model.node('classify.mjs', ...paths()));
  expect(largestDifference(found, expected)).toBeLessThan(TOLERANCE);
  expect(await readFile(model.path('README.md'), 'utf8')).toContain('set `formats: [tfjs, onnx]`');
  expect(await readdir(model.folder)).not.toContain('check.py');

  // Other weights, as after a mix-up of files.
  const weights = await readFile(model.path('group1-shard1of1.bin'));
  await writeFile(model.path('group1-shard1of1.bin'), weights.fill(0, weights.length - 200));
  expect(await model.node('check.mjs')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/Outputs differ from probes\.json by up to .*, but at most 0\.0001 is expected/),
  });
});

describe('the checks of a model', () => {
  /** Changes a stored score by more than the tolerance. */
  async function damage(model: Deployed): Promise<void> {
    const rows = JSON.parse(await readFile(model.path('probes.json'), 'utf8')) as { scores: number[] }[];
    rows[2].scores[0] += 2e-4;
    await writeFile(model.path('probes.json'), JSON.stringify(rows));
  }
  const differs = {
    code: 1,
    stderr: expect.stringMatching(
      /^Scores differ from probes\.json by up to 0\.0002\d*, but at most 0\.0001 is expected/m,
    ),
  };
  const agrees = { code: 0, stdout: expect.stringMatching(/^Scores agree with probes\.json: .* \de-0?\d\.$/m) };

  test('check.mjs accepts it, and sees a score that differs', async () => {
    const model = await copyOf((await deploy('onnx')).model.folder);
    expect(await model.node('check.mjs')).toMatchObject(agrees);
    await damage(model);
    expect(await model.node('check.mjs')).toMatchObject(differs);
  });

  testWithOnnxruntime('check.py accepts it, and sees a score that differs', async () => {
    const model = await copyOf((await deploy('onnx')).model.folder);
    expect(await model.python('check.py')).toMatchObject(agrees);
    await damage(model);
    expect(await model.python('check.py')).toMatchObject(differs);
  });
});

describeWithChromium('in the browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    // TF.js computes with WebGL, here in software.
    browser = await launchChromium(['--enable-unsafe-swiftshader']);
  });
  afterAll(() => browser.close());

  test.each(['onnx', 'tfjs'] as const)('the page of the README, for %s', async (format) => {
    const { model, expected } = await deploy(format, 'ingest.image.fit=crop');
    const server = await serveStatic(model.folder);
    const page = await browser.newPage();
    try {
      const errors: string[] = [];
      page.on('pageerror', ({ message }) => errors.push(message));
      await replaceCdn(page);
      await page.goto(`${server.url}classify.html`, { waitUntil: 'networkidle' });
      const found = await scoresOnPage(page, paths().slice(0, 2));
      expect(errors).toEqual([]);
      expect(largestDifference(found, expected.slice(0, 2))).toBeLessThan(TOLERANCE);
    } finally {
      await page.close();
      server.close();
    }
  });

  test.each([
    ['onnx', 'onnxruntime-web (WebAssembly, 1 thread)'],
    ['tfjs', 'TF.js (WebAssembly)'],
  ] as const)(
    'demo.html for %s asks nobody but its server, and gives the scores of the tool',
    async (format, runtime) => {
      const { model, expected } = await deploy(format, 'ingest.image.fit=crop');
      const server = await serveStatic(model.folder);
      const page = await browser.newPage();
      try {
        const [elsewhere, problems] = [[], []] as [string[], string[]];
        page.on('request', (request) => {
          if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(server.url))
            elsewhere.push(request.url());
        });
        collectMessages(page, problems);
        await page.goto(`${server.url}demo.html`);
        await page.getByText('Ready.').waitFor();
        expect(await page.textContent('main p')).toBe(
          `The model recognizes 2 classes: cats, dogs. Images are resized and cropped to 32 × 32 pixels. Runs on ${runtime}.`,
        );
        expect(await page.locator('#example-list button').count()).toBe(4);
        const found: Scores[] = [];
        for (const image of images.slice(0, 2)) {
          await page.setInputFiles('#file', project.path(image));
          await page.getByText(new RegExp(`^${image}: `)).waitFor();
          const rows = page.locator('#rows tr');
          const cells = await rows.evaluateAll((all) =>
            all.map((row) => [row.querySelector('th')!.textContent, row.querySelector('td')!.dataset['score']]),
          );
          found.push(Object.fromEntries(cells.map(([name, score]) => [name, Number(score)])));
          expect(await rows.first().locator('.here').textContent()).toMatch(/^\d+\.\d%$/);
        }
        expect(largestDifference(found, expected.slice(0, 2))).toBeLessThan(TOLERANCE);
        // There is no tool to compare with.
        await page.getByText('Details').click();
        expect(await page.locator('#compare').isVisible()).toBe(false);
        expect([elsewhere, problems]).toEqual([[], []]);

        await page.goto(`file://${model.path('demo.html')}`);
        await page.getByText('The model cannot be loaded: browsers load no models from file://').waitFor();
      } finally {
        await page.close();
        server.close();
      }
    },
  );

  test.each(['onnx', 'tfjs'] as const)(
    'demo.html of images with several classes, for %s: each has its threshold',
    async (format) => {
      const { model, expected } = await deploy(format, 'ingest.task=multilabel', 'evaluate.threshold=0.001');
      // Not at the root of its server.
      const server = await serveStatic(dirname(model.folder));
      const page = await browser.newPage();
      try {
        const problems: string[] = [];
        collectMessages(page, problems);
        await page.goto(`${server.url}${basename(model.folder)}/demo.html`);
        await page.getByText('Ready.').waitFor();
        expect(await page.textContent('main p')).toContain(
          '2 classes, of which an image may have several: cats, dogs.',
        );
        await page.setInputFiles('#file', project.path(images[0]));
        await page
          .getByText(new RegExp(`^${images[0]}: cats .*%, dogs .*%|^${images[0]}: dogs .*%, cats .*%`))
          .waitFor();
        const rows = await page.locator('#rows tr').evaluateAll((all) =>
          all.map((row) => ({
            head: row.querySelector('th')!.textContent,
            score: Number(row.querySelector('td')!.dataset['score']),
            isShown: row.classList.contains('best'),
          })),
        );
        const found = rows.map(({ head, score }) => [/^(cats|dogs) from 0\.1% on$/.exec(head)?.[1], score]);
        expect(largestDifference([Object.fromEntries(found) as Scores], expected.slice(0, 1))).toBeLessThan(TOLERANCE);
        expect(rows.map(({ isShown }) => isShown)).toEqual([true, true]);
        expect(problems).toEqual([]);
      } finally {
        await page.close();
        server.close();
      }
    },
  );
});
