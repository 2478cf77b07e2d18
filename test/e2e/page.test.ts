/** The page of `serve` in a real browser: what it says, what it asks for, and how far it is from the tool. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { digestOf } from '../../src/core/digest.js';
import { describeWithChromium, launchChromium } from '../chromium.js';
import { pipelineText, Project } from './rig.js';
import { compareOn, openPage, showOn, statusAbout as statusOn, type Shown } from './served-page.js';
import { Serving } from './serving.js';

/** How far scores may be apart: the pixels are the same, and TF.js and onnxruntime round differently. */
const CLOSE = 1e-4;

/** The globals of the page that this test calls; the program itself is not checked against a browser's. */
interface PageGlobals {
  readonly document: {
    dispatchEvent(event: unknown): void;
    readonly activeElement: { readonly id: string };
    readonly documentElement: { readonly scrollWidth: number };
  };
  readonly DataTransfer: new () => { readonly items: { add(file: unknown): void } };
  readonly DragEvent: new (type: string, init: object) => unknown;
  readonly ClipboardEvent: new (type: string, init: object) => unknown;
}

describeWithChromium('the page in a browser', () => {
  let project: Project;
  let serving: Serving;
  let browser: Browser;
  let page: Page;
  const messages: string[] = [];
  const asked: string[] = [];

  const open = (url: string): Promise<Page> => openPage(browser, url, { asked, messages });
  const statusAbout = (name: string, on = page): Promise<string> => statusOn(name, on);
  const show = (path: string, on = page): Promise<Shown> => showOn(on, path);

  beforeAll(async () => {
    project = await Project.create();
    await project.addPets('pictures', 40);
    await project.write('pets.yaml', pipelineText({ train: 'epochs: 8' }));
    expect((await project.run()).code).toBe(0);
    serving = await Serving.start(project, 'models/pets', '--margin', '0');
    browser = await launchChromium();
    page = await open(serving.url);
    await compareOn(page);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await serving?.interrupt();
    await project?.remove();
  });

  test('agrees with the tool, and both with what export wrote down, on the probe images', async () => {
    const probes = JSON.parse(await project.read('models/pets/probes.json')) as {
      picture: string;
      sha256: string;
      outputs: number[];
    }[];
    const paths = new Map<string, string>();
    for (const name of ['cats', 'dogs']) {
      for (const file of await readdir(project.path('pictures', name)))
        paths.set(digestOf(await readFile(project.path('pictures', name, file))), project.path('pictures', name, file));
    }
    expect(probes.length).toBeGreaterThan(0);
    for (const { picture, sha256, outputs } of probes) {
      // At the network's size and lossless: nothing but the engine is another one.
      const prepared = await show(project.path('models/pets', picture));
      for (const { dogs } of [prepared.here, prepared.tool]) expect(Math.abs(dogs - outputs[0])).toBeLessThan(1e-4);
      const { here, tool } = await show(paths.get(sha256)!);
      expect(Math.abs(tool.dogs - outputs[0])).toBeLessThan(1e-5);
      expect(Math.abs(here.dogs - outputs[0])).toBeLessThan(CLOSE);
      expect(here.cats + here.dogs).toBeCloseTo(1, 6);
    }
  });

  test('agrees in PNG, WebP and JPEG, smaller and larger than the network sees', async () => {
    for (const [index, width] of [250, 96, 40, 20].entries()) {
      const image = sharp(project.path('pictures', 'dogs', `dog-00${index + 1}.jpg`)).resize(
        width,
        Math.round(width * 0.8),
        { fit: 'fill' },
      );
      const files = {
        'small.png': await image.clone().png().toBuffer(),
        'small.webp': await image.clone().webp({ lossless: true }).toBuffer(),
        // Large enough for libvips to read it at a quarter, which it must not.
        'large.jpg': await image
          .clone()
          .resize(width * 5, width * 4, { fit: 'fill' })
          .jpeg()
          .toBuffer(),
      };
      for (const [name, bytes] of Object.entries(files)) {
        const path = project.path(`${width}-${name}`);
        await writeFile(path, bytes);
        const { here, tool } = await show(path);
        expect([name, width, Math.abs(here.dogs - tool.dogs) < CLOSE ? 'agree' : here.dogs - tool.dogs]).toEqual([
          name,
          width,
          'agree',
        ]);
      }
    }
  });

  test('turns images as the model wants them: upright by EXIF, or as they are stored', async () => {
    await cp(project.path('models/pets'), project.path('models/stored'), { recursive: true });
    for (const name of ['preprocessing.json', 'model.json']) {
      const file = project.path('models/stored', name);
      await writeFile(file, (await readFile(file, 'utf8')).replace('"exif"', '"stored"'));
    }
    const other = await Serving.start(project, 'models/stored', '--margin', '0');
    const moved: number[] = [];
    try {
      const stored = await open(other.url);
      await compareOn(stored);
      for (const number of [1, 2, 3, 4]) {
        const path = project.path(`turned-${number}.jpg`);
        await writeFile(
          path,
          await sharp(project.path('pictures', 'cats', `cat-00${number}.jpg`))
            .resize(256, 192, { fit: 'fill' })
            .withMetadata({ orientation: 6 })
            .jpeg()
            .toBuffer(),
        );
        const [upright, lying] = [await show(path), await show(path, stored)];
        for (const { here, tool } of [upright, lying]) expect(Math.abs(here.cats - tool.cats)).toBeLessThan(CLOSE);
        moved.push(Math.abs(upright.tool.cats - lying.tool.cats));
      }
      await stored.close();
    } finally {
      await other.interrupt();
    }
    // Otherwise the test could not distinguish the two.
    expect(Math.max(...moved)).toBeGreaterThan(0.05);
  });

  test('takes images that are dropped and pasted', async () => {
    const bytes = await readFile(project.path('pictures', 'cats', 'cat-001.jpg'));
    for (const how of ['drop', 'paste'] as const) {
      await page.evaluate(
        ({ how, bytes }) => {
          const { DataTransfer, DragEvent, ClipboardEvent, document } = globalThis as unknown as PageGlobals;
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], `${how}.jpg`, { type: 'image/jpeg' }));
          document.dispatchEvent(
            how === 'drop'
              ? new DragEvent('drop', { dataTransfer: data, cancelable: true })
              : new ClipboardEvent('paste', { clipboardData: data }),
          );
        },
        { how, bytes: [...bytes] },
      );
      expect(await statusAbout(`${how}.jpg: `)).toMatch(/^\w+\.jpg: (cats|dogs), \d+\.\d%\.$/);
      expect(await page.getAttribute('#preview', 'alt')).toBe(`${how}.jpg`);
    }
  });

  test('classifies all of several images, and shows the one that is chosen', async () => {
    const fresh = await open(serving.url);
    await fresh.setInputFiles('#file', [
      project.path('pictures/cats/cat-001.jpg'),
      project.path('pets.yaml'),
      project.path('pictures/dogs/dog-001.jpg'),
    ]);
    expect(await statusAbout('classified', fresh)).toBe('2 of 3 images classified, 1 could not be read.');
    const rows = await fresh.locator('#images tr').allTextContents();
    expect(rows).toEqual([
      expect.stringMatching(/^cat-001\.jpg(cats|dogs)\d+\.\d%$/),
      expect.stringContaining('pets.yamlis not an image'),
      expect.stringMatching(/^dog-001\.jpg(cats|dogs)\d+\.\d%$/),
    ]);
    expect(await fresh.getAttribute('#preview', 'alt')).toBe('cat-001.jpg');
    await fresh.getByRole('button', { name: 'dog-001.jpg' }).click();
    expect(await statusAbout('dog-001.jpg: ', fresh)).toMatch(/^dog-001\.jpg: (cats|dogs), /);
    await fresh.setInputFiles('#file', project.path('pictures/cats/cat-002.jpg'));
    await statusAbout('cat-002.jpg: ', fresh);
    expect(await fresh.isVisible('#several')).toBe(false);
    await fresh.close();
  });

  test('refuses what the tool refuses, in its words, and says where transparency may make a difference', async () => {
    await page.setInputFiles('#file', project.path('pets.yaml'));
    expect(await statusAbout('pets.yaml is')).toBe('pets.yaml is not an image (it is text)');
    expect(await page.isVisible('#result')).toBe(false);
    const glass = project.path('glass.png');
    await writeFile(
      glass,
      await sharp({ create: { width: 40, height: 40, channels: 4, background: { r: 200, g: 30, b: 30, alpha: 0.5 } } })
        .png()
        .toBuffer(),
    );
    expect((await show(glass)).status).toContain('Parts of it are transparent');
  });

  test('works by keyboard, has names for its controls, and fits a phone', async () => {
    const fresh = await open(serving.url);
    const focused: string[] = [];
    for (let i = 0; i < 8; i++) {
      await fresh.keyboard.press('Tab');
      // A summary has no id.
      if (i === 6) await fresh.keyboard.press('Enter');
      focused.push(await fresh.evaluate(() => (globalThis as unknown as PageGlobals).document.activeElement.id));
    }
    expect(focused).toEqual(['file', 'camera', '', '', '', '', '', 'compare']);
    await fresh.keyboard.press('Space');
    expect(await fresh.isChecked('#compare')).toBe(true);
    expect(await fresh.getByLabel('Choose images').count()).toBe(1);
    await fresh.setViewportSize({ width: 390, height: 844 });
    await show(project.path('pictures', 'dogs', 'dog-001.jpg'), fresh);
    expect(await fresh.getByRole('table', { name: 'Scores by class' }).isVisible()).toBe(true);
    expect(
      await fresh.evaluate(() => (globalThis as unknown as PageGlobals).document.documentElement.scrollWidth),
    ).toBe(390);
    await fresh.close();
  });

  test('opened after the model was replaced, says so', async () => {
    await cp(project.path('models/pets'), project.path('models/replaced'), { recursive: true });
    const other = await Serving.start(project, 'models/replaced');
    const shard = project.path('models/replaced/group1-shard1of1.bin');
    const bytes = await readFile(shard);
    bytes[0] ^= 1;
    await writeFile(shard, bytes);
    try {
      const fresh = await browser.newPage();
      await fresh.goto(other.url);
      expect(await statusAbout('cannot', fresh)).toBe(
        'The model cannot be loaded: the model was replaced while the server is running; restart it to use the new model',
      );
      await fresh.close();
    } finally {
      await other.interrupt();
    }
  });

  test('asked nobody but this server, and had nothing to complain of', () => {
    const hosts = new Set(asked.map((url) => new URL(url.replace(/^blob:/, '')).hostname));
    expect([...hosts]).toEqual(['127.0.0.1']);
    expect(asked.filter((url) => url.endsWith('.bin')).length).toBeGreaterThan(0);
    // The runtime of the other format.
    expect(asked.filter((url) => url.includes('ort') || url.includes('onnx'))).toEqual([]);
    expect(messages).toEqual([]);
  });
});
