/** The pages of `serve` and of exports on WebGPU: used where its scores are right, and only there. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { describeWithChromium, launchChromium } from '../chromium.js';
import { serveStatic } from '../deployed.js';
import { Project } from './rig.js';
import { compareOn, openPage, showOn, statusAbout } from './served-page.js';
import { trainOnOnnx } from './onnx-model.js';
import { Serving } from './serving.js';

/** A device of software, which the page takes only if its URL asks for it. */
const flags = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'];

const ON_WEBGPU = 'onnxruntime-web (WebGPU, google swiftshader)';

/** Stands for a device with a fault: a worker that opens the model and gives scores of its own. */
const wrongWorker = `addEventListener('message', ({ data: { kind, id } }) =>
  postMessage(kind === 'open'
    ? { kind: 'opened', device: 'WebGPU, of a test' }
    : { kind: 'scores', id, scores: Float32Array.of(0.123, 0.877) }))`;

/** What the page of `serve` asks of its workers. */
const isolated = { 'cross-origin-embedder-policy': 'require-corp' };

describeWithChromium('the page on WebGPU', () => {
  let project: Project;
  let serving: Serving;
  let browser: Browser;
  const traffic = { asked: [] as string[], messages: [] as string[] };
  const open = (query = '?runtime=webgpu', { url }: { readonly url: string } = serving): Promise<Page> =>
    openPage(browser, url + query, traffic);
  const asked = (name: string): boolean => traffic.asked.some((url) => url.endsWith(`/${name}`));

  /** The page of a server that found these probe images. */
  async function withProbes(probes: string, body: (page: Page) => Promise<void>): Promise<void> {
    await writeFile(project.path('models/pets/probes.json'), probes);
    const other = await Serving.start(project, 'models/pets', '--margin', '0');
    try {
      const page = await open('?runtime=webgpu', other);
      await body(page);
      await page.close();
    } finally {
      await other.interrupt();
    }
  }

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
      'WebGPU’s scores for the probe images are those stored with the model, within 0.001.',
    );
    expect(await page.textContent('#runtime')).toBe(`Runs on ${ON_WEBGPU}.`);
    expect([asked('ort-wasm-simd-threaded.wasm'), asked('ort-wasm-simd-threaded.jspi.wasm')]).toEqual([false, true]);
    await compareOn(page);
    for (const file of ['cats/cat-001.jpg', 'dogs/dog-001.jpg']) {
      const { here, tool } = await showOn(page, project.path('pictures', file));
      expect(Math.abs(here['cats'] - tool['cats'])).toBeLessThan(1e-4);
    }
    await page.close();
  });

  test('demo.html of an export runs on it too, from a static server', async () => {
    const server = await serveStatic(project.path('models/pets'));
    try {
      for (const [query, runtime, file] of [
        ['?runtime=webgpu', ON_WEBGPU, 'ort-wasm-simd-threaded.jspi.wasm.gz'],
        ['', 'onnxruntime-web (WebAssembly, 1 thread)', 'ort-wasm-simd-threaded.wasm.gz'],
      ]) {
        traffic.asked.length = 0;
        const page = await open(`demo.html${query}`, server);
        expect(await page.textContent('#runtime')).toBe(`Runs on ${runtime}.`);
        const { status } = await showOn(page, project.path('pictures/cats/cat-001.jpg'));
        expect(status).toMatch(/^cat-001\.jpg: .*(cats|dogs).* \(?\d+\.\d%/);
        const builds = traffic.asked.filter((url) => url.endsWith('.gz'));
        expect(builds).toEqual([`${server.url}demo/${file}`]);
        await page.close();
      }
    } finally {
      server.close();
    }
  });

  test('with other scores than those that are stored, WebAssembly runs the model', async () => {
    const probes = await readFile(project.path('models/pets/probes.json'), 'utf8');
    const list = JSON.parse(probes) as { scores: number[] }[];
    for (const row of list) row.scores = row.scores.map((score) => score + 0.01);
    await withProbes(JSON.stringify(list), async (page) => {
      expect(await page.textContent('#runtime-note')).toBe(
        'WebGPU is not used: its scores for the probe images differ from those stored with the model by up to 0.010, and at most 0.001 is allowed.',
      );
      expect(await page.textContent('#runtime')).toMatch(/\(WebAssembly, .*; WebGPU was tried, see Details\)/);
    });
  });

  test('without probe images, the scores for the first image have to be those of WebAssembly', async () => {
    await withProbes('[]', async (page) => {
      expect(await page.textContent('#runtime-note')).toBe(
        'WebGPU’s scores for the first image are compared with those of WebAssembly.',
      );
      traffic.asked.length = 0;
      await showOn(page, project.path('pictures/cats/cat-001.jpg'));
      expect(await page.textContent('#runtime-note')).toBe(
        'WebGPU’s scores for the first image are those of WebAssembly, within 0.001.',
      );
      expect(asked('ort-wasm-simd-threaded.wasm')).toBe(true);
      expect(await page.textContent('#runtime')).toBe(`Runs on ${ON_WEBGPU}.`);
      await showOn(page, project.path('pictures/cats/cat-002.jpg'));

      // A device with a fault.
      await page.route('**/onnx-webgpu-worker.js', (route) =>
        route.fulfill({ headers: isolated, contentType: 'text/javascript', body: wrongWorker }),
      );
      await page.reload();
      await statusAbout('Ready.', page);
      expect(await page.textContent('#runtime')).toBe('Runs on onnxruntime-web (WebGPU, of a test).');
      await compareOn(page);
      const { here, tool } = await showOn(page, project.path('pictures/cats/cat-001.jpg'));
      expect(Math.abs(here['cats'] - tool['cats'])).toBeLessThan(1e-4);
      expect(await page.textContent('#runtime-note')).toMatch(
        /^WebGPU is not used: its scores for the first image differ from those of WebAssembly by up to 0\.\d+, and at most 0\.001 is allowed\.$/,
      );
      expect(await page.textContent('#runtime')).toMatch(/\(WebAssembly, .*; WebGPU was tried, see Details\)/);
    });
  });

  test('asked nobody but this server, and had nothing to complain of', () => {
    const hosts = new Set(traffic.asked.map((url) => new URL(url.replace(/^blob:/, '')).hostname));
    expect([...hosts]).toEqual(['127.0.0.1']);
    expect(traffic.messages).toEqual([]);
  });

  test('if the graphics processor fails later, WebAssembly takes over', async () => {
    const page = await open();
    await showOn(page, project.path('pictures/cats/cat-001.jpg'));
    expect(await page.textContent('#runtime')).toBe(`Runs on ${ON_WEBGPU}.`);
    await (await browser.newBrowserCDPSession()).send('Browser.crashGpuProcess');
    await compareOn(page);
    const { here, tool } = await showOn(page, project.path('pictures/dogs/dog-001.jpg'));
    expect(Math.abs(here['cats'] - tool['cats'])).toBeLessThan(1e-4);
    expect(await page.textContent('#runtime')).toMatch(/\(WebAssembly, .*; WebGPU was tried, see Details\)/);
    expect(await page.textContent('#runtime-note')).toMatch(/^WebGPU is not used: it failed: ./);
    await page.close();
  });
});
