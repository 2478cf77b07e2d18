/** Ways to give images to the page of `serve`: examples, the camera, AVIF and HEIC; and predictions that are not sure. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { describeWithChromium, launchChromium } from '../chromium.js';
import { pipelineText, Project } from './rig.js';
import { compareOn, openPage, showOn, statusAbout } from './served-page.js';
import { Serving } from './serving.js';

/** Decoders of AVIF turn its colors to RGB by formulas that round differently. */
const LOSSY = 0.05;
const fakeCamera = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

interface PageGlobals {
  createImageBitmap: (...given: unknown[]) => Promise<unknown>;
  readonly OffscreenCanvas: new (width: number, height: number) => { getContext(kind: '2d'): unknown };
}

describeWithChromium('the ways to give images to the page', () => {
  let project: Project;
  let serving: Serving;
  let browser: Browser;
  let page: Page;
  const traffic = { asked: [] as string[], messages: [] as string[] };

  beforeAll(async () => {
    project = await Project.create();
    await project.addPets('pictures', 6);
    await project.write('pets.yaml', pipelineText({ train: 'epochs: 1' }));
    expect((await project.run()).code).toBe(0);
    // No score is ahead by all of it.
    serving = await Serving.start(project, 'models/pets', '--margin', '1');
    browser = await launchChromium(fakeCamera);
    page = await openPage(browser, serving.url, traffic);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await serving?.interrupt();
    await project?.remove();
  });

  test('examples are the images that were exported with the model, with their labels', async () => {
    const probes = JSON.parse(await project.read('models/pets/probes.json')) as { class: string; scores: number[] }[];
    const buttons = page.getByRole('button', { name: /^Example \d/ });
    expect(await buttons.count()).toBe(probes.length);
    for (const [index, probe] of probes.entries()) {
      await page.getByRole('button', { name: `Example ${index + 1}: ${probe.class}` }).click();
      const status = await statusAbout(`example-${index + 1}.png: `, page);
      expect(status).toMatch(new RegExp(`, labeled ${probe.class}\\.$`));
      const [name, score] = ['cats', 'dogs']
        .map((one, i) => [one, probe.scores[i]] as const)
        .sort((a, b) => b[1] - a[1])[0];
      expect(status).toContain(`not sure: ${name} (${(score * 100).toFixed(1)}%) or `);
    }
    expect(await page.textContent('#answer')).toMatch(
      /^Not sure: (cats|dogs) \(\d+\.\d%\) or (cats|dogs) \(\d+\.\d%\)$/,
    );
  });

  test('the table of several images says which ones are not sure', async () => {
    await page.setInputFiles('#file', [
      project.path('pictures/cats/cat-001.jpg'),
      project.path('pictures/dogs/dog-001.jpg'),
    ]);
    await statusAbout('classified', page);
    const rows = await page.locator('#images tr').allTextContents();
    for (const row of rows) expect(row).toMatch(/^(cat|dog)-001\.jpgnot sure, maybe (cats|dogs)\d+\.\d%$/);
  });

  test('a photo of the camera is classified, and the camera is off afterwards', async () => {
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await page.getByRole('button', { name: 'Take photo' }).click();
    expect(await statusAbout('photo-1.png: ', page)).toMatch(/^photo-1\.png: not sure: /);
    expect(await page.isVisible('#viewfinder')).toBe(false);
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await page.locator('#shutter:enabled').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('#shutter:disabled').waitFor({ state: 'attached' });
    expect(await page.getAttribute('#preview', 'alt')).toBe('photo-1.png');
  });

  test('without a camera, the dialog says so', async () => {
    const other = await launchChromium();
    try {
      const bare = await openPage(other, serving.url, traffic);
      await bare.getByRole('button', { name: 'Use the camera' }).click();
      await bare.getByText(/No camera is connected|does not allow the camera/).waitFor();
      await bare.getByRole('button', { name: 'Close' }).click();
      expect(await bare.isVisible('#viewfinder')).toBe(false);
    } finally {
      await other.close();
    }
  });

  test('on a phone, the camera is an app of its own', async () => {
    const phone = await browser.newContext({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });
    const opened = await phone.newPage();
    await opened.goto(serving.url);
    await statusAbout('Ready.', opened);
    expect(await opened.getByRole('button', { name: 'Use the camera' }).isVisible()).toBe(false);
    await opened.getByLabel('Take a photo').setInputFiles(project.path('pictures/cats/cat-001.jpg'));
    await statusAbout('cat-001.jpg: ', opened);
    await phone.close();
  });

  test('AVIF gets the scores of the tool, up to rounding of colors', async () => {
    await compareOn(page);
    const path = project.path('cat.avif');
    await writeFile(path, await sharp(project.path('pictures/cats/cat-001.jpg')).avif({ quality: 90 }).toBuffer());
    const { here, tool } = await showOn(page, path);
    expect(Math.abs(here['cats'] - tool['cats'])).toBeLessThan(LOSSY);
  });

  test('HEIC is classified where the browser decodes it, and explained where it does not', async () => {
    const path = project.path('cat.heic');
    // The beginning of such a file: what follows does not matter to a browser that cannot read it.
    await writeFile(path, Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic'), Buffer.alloc(40)]));
    await page.setInputFiles('#file', path);
    expect(await statusAbout('cat.heic is', page)).toBe(
      'cat.heic is a HEIC image, which this browser cannot decode: convert it to JPEG, or open this page in Safari',
    );
    // As in Safari.
    await page.evaluate(() => {
      const browser = globalThis as unknown as PageGlobals;
      const { createImageBitmap } = browser;
      browser.createImageBitmap = () => {
        const canvas = new browser.OffscreenCanvas(40, 30);
        canvas.getContext('2d');
        return createImageBitmap.call(browser, canvas);
      };
    });
    await page.setInputFiles('#file', path);
    expect(await statusAbout('cat.heic: ', page)).toContain(
      'It is a HEIC image: this browser reads it, but the tool does not.',
    );
  });

  test('asked nobody but this server, and had nothing to complain of', () => {
    const hosts = new Set(traffic.asked.map((url) => new URL(url.replace(/^blob:/, '')).hostname));
    expect([...hosts]).toEqual(['127.0.0.1']);
    expect(traffic.messages).toEqual([]);
  });
});
