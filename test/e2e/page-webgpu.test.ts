/** The page of `serve` on WebGPU: used where the scores are those that are stored with the model, and only there. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { describeWithChromium, launchChromium } from '../chromium.js';
import { Project } from './rig.js';
import { compareOn, openPage, showOn } from './served-page.js';
import { trainOnOnnx } from './onnx-model.js';
import { Serving } from './serving.js';

/** A device of software, which the page takes only if its URL asks for it. */
const flags = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'];

describeWithChromium('the page on WebGPU', () => {
  let project: Project;
  let serving: Serving;
  let browser: Browser;
  const traffic = { asked: [] as string[], messages: [] as string[] };
  const open = (query = '?runtime=webgpu', { url } = serving): Promise<Page> => openPage(browser, url + query, traffic);
  const asked = (name: string): boolean => traffic.asked.some((url) => url.endsWith(`/${name}`));

  beforeAll(async () => {
    [project, browser] = await Promise.all([Project.create(), launchChromium(flags)]);
    expect((await trainOnOnnx(project)).code).toBe(0);
    serving = await Serving.start(project, 'models/pets', '--margin', '0');
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await serving?.interrupt();
    await project?.remove();
  });

  test('without a real device, WebAssembly runs the model, and nothing of WebGPU is downloaded', async () => {
    const page = await open('');
    expect(await page.textContent('#runtime')).toMatch(/^Runs on onnxruntime-web \(WebAssembly, \d threads?\)\.$/);
    expect(await page.textContent('#runtime-note')).toBe('WebGPU is not used: this browser has it only as software.');
    expect([asked('ort-wasm-simd-threaded.wasm'), asked('ort-wasm-simd-threaded.jspi.wasm')]).toEqual([true, false]);
    await page.close();
    const chosen = await open('?runtime=wasm');
    expect(await chosen.textContent('#runtime-note')).toContain('the URL of this page asks for WebAssembly');
    await chosen.close();
  });

  test('on a device whose scores are those of the model, WebGPU runs it', async () => {
    traffic.asked.length = 0;
    const page = await open();
    expect(await page.textContent('#runtime-note')).toBe(
      'Its scores for the probe images are those that are stored with the model.',
    );
    expect(await page.textContent('#runtime')).toBe('Runs on onnxruntime-web (WebGPU).');
    expect([asked('ort-wasm-simd-threaded.wasm'), asked('ort-wasm-simd-threaded.jspi.wasm')]).toEqual([false, true]);
    await compareOn(page);
    for (const file of ['cats/cat-001.jpg', 'dogs/dog-001.jpg']) {
      const { here, tool } = await showOn(page, project.path('pictures', file));
      expect(Math.abs(here['cats'] - tool['cats'])).toBeLessThan(1e-4);
    }
    await page.close();
  });

  test('with other scores, and without probe images, WebAssembly runs the model', async () => {
    const probes = await readFile(project.path('models/pets/probes.json'), 'utf8');
    const list = JSON.parse(probes) as { scores: number[] }[];
    for (const row of list) row.scores = row.scores.map((score) => score + 0.01);
    for (const [text, reason] of [
      [JSON.stringify(list), 'its scores for the probe images differ from those stored with the model by up to 0.010'],
      ['[]', 'the model has no probe images to check its scores with'],
    ] as const) {
      await writeFile(project.path('models/pets/probes.json'), text);
      const other = await Serving.start(project, 'models/pets');
      try {
        const page = await open('?runtime=webgpu', other);
        expect(await page.textContent('#runtime-note')).toBe(`WebGPU is not used: ${reason}.`);
        expect(await page.textContent('#runtime')).toMatch(/WebAssembly/);
        await page.close();
      } finally {
        await other.interrupt();
      }
    }
  });

  test('asked nobody but this server, and had nothing to complain of', () => {
    const hosts = new Set(traffic.asked.map((url) => new URL(url.replace(/^blob:/, '')).hostname));
    expect([...hosts]).toEqual(['127.0.0.1']);
    expect(traffic.messages).toEqual([]);
  });
});
