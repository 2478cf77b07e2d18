/** The page of `serve` for a model exported from an ONNX base: onnxruntime runs it in the browser. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import type { PredictionLine } from '../../src/core/prediction.js';
import { describeWithChromium, launchChromium } from '../chromium.js';
import { Project } from './rig.js';
import { compareOn, openPage, showOn, statusAbout } from './served-page.js';
import { trainOnOnnx } from './onnx-model.js';
import { Serving } from './serving.js';

const MOVED = 'elsewhere/cats & dogs.onnx';

describeWithChromium('the page of a model from an ONNX base', () => {
  let project: Project;
  let serving: Serving;
  let browser: Browser;
  let page: Page;
  const traffic = { asked: [] as string[], messages: [] as string[] };

  beforeAll(async () => {
    [project, browser] = await Promise.all([Project.create(), launchChromium()]);
    expect((await trainOnOnnx(project)).code).toBe(0);
    // Alone, and with a name that needs escaping in a URL.
    await mkdir(project.path('elsewhere'));
    await copyFile(project.path('models/pets/model.onnx'), project.path(MOVED));
    serving = await Serving.start(project, MOVED, '--margin', '0');
    page = await openPage(browser, serving.url, traffic);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await serving?.interrupt();
    await project?.remove();
  });

  test('says what runs it, and gives the scores of `predict`', async () => {
    expect(await page.textContent('#about')).toBe(
      'The model cats & dogs recognizes 2 classes: cats, dogs. Images are resized and cropped to 32 × 32 pixels.',
    );
    expect(await page.textContent('#runtime')).toMatch(/^Runs on onnxruntime-web \(WebAssembly, \d threads?\)\.$/);
    expect(await page.textContent('#loaded')).toMatch(/^Opening the model \(0\.\d MB\)…$/);
    expect(await page.isVisible('#loading')).toBe(false);
    const cat = sharp(project.path('pictures/cats/cat-001.jpg'));
    await mkdir(project.path('more'));
    await cat.clone().resize(300, 200, { fit: 'fill' }).png().toFile(project.path('more/large.png'));
    await cat.clone().resize(20, 27, { fit: 'fill' }).webp().toFile(project.path('more/small.webp'));
    const turned = cat.clone().resize(200, 150, { fit: 'fill' }).withMetadata({ orientation: 6 });
    await turned.jpeg().toFile(project.path('more/turned.jpg'));
    await copyFile(project.path('pictures/dogs/dog-001.jpg'), project.path('more/dog.jpg'));
    const { stdout } = await project.command('predict', 'models/pets', 'more', '--json');
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as PredictionLine);
    expect(lines).toHaveLength(4);
    await compareOn(page);
    for (const { file, scores } of lines) {
      const shown = await showOn(page, project.path(file));
      for (const [name, score] of Object.entries(scores))
        for (const by of ['here', 'tool'] as const)
          expect([file, by, Math.abs(shown[by][name] - score) < 1e-6 ? 'agrees' : shown[by]]).toEqual([
            file,
            by,
            'agrees',
          ]);
    }
  });

  test('takes images while the model is still on its way', async () => {
    const slow = await browser.newPage();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await slow.route('**/ort-wasm-simd-threaded.wasm', async (route) => {
      await held;
      await route.continue();
    });
    await slow.goto(serving.url);
    await slow.getByText('Opening the model').waitFor();
    expect(await slow.isVisible('#progress')).toBe(true);
    await slow.setInputFiles('#file', project.path('pictures/cats/cat-001.jpg'));
    expect(await statusAbout('cat-001.jpg', slow)).toBe('Classifying cat-001.jpg…');
    release();
    expect(await statusAbout('cat-001.jpg: ', slow)).toMatch(/^cat-001\.jpg: (cats|dogs), \d+\.\d%\.$/);
    expect(await slow.isVisible('#progress')).toBe(false);
    await slow.close();
  });

  test('asked nobody but this server, loaded no TF.js, and had nothing to complain of', () => {
    const urls = traffic.asked.map((url) => new URL(url.replace(/^blob:/, '')));
    expect([...new Set(urls.map(({ hostname }) => hostname))]).toEqual(['127.0.0.1']);
    expect(urls.filter(({ pathname }) => pathname.includes('tfjs'))).toEqual([]);
    expect(urls.map(({ pathname }) => pathname)).toContain('/model/cats%20%26%20dogs.onnx');
    expect(traffic.messages).toEqual([]);
  });

  test('opened after the file was replaced, says so', async () => {
    const bytes = await readFile(project.path(MOVED));
    bytes[bytes.length >> 1] ^= 1;
    await writeFile(project.path(MOVED), bytes);
    const late = await browser.newPage();
    await late.goto(serving.url);
    expect(await statusAbout('cannot', late)).toBe(
      'The model cannot be loaded: the model was replaced while the server is running; restart it to use the new model',
    );
    await late.close();
  });
});
