/** What the server does with requests, with a predictor that only looks at bytes. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOf } from '../../src/core/digest.js';
import type { Answer, ImageInput, ModelPredictor } from '../../src/predict/answers.js';
import { logRequests } from '../../src/serve/access-log.js';
import { createApp } from '../../src/serve/app.js';
import { LoadedModel } from '../../src/serve/loaded-model.js';
import { createServer } from '../../src/serve/server.js';
import type { ServedModel } from '../../src/serve/served-model.js';

const model: ServedModel = {
  folder: '/nowhere',
  files: new Map([['model.json', digestOf('model')]]),
  facts: {
    format: 'layers-model',
    name: 'pets',
    classes: ['cats', 'dogs'],
    image: { size: [1, 1], interpolation: 'bilinear', orientation: 'exif' },
    preprocessing: { range: [0, 1] },
  } as unknown as ServedModel['facts'],
};

/** Takes bytes that begin with `cat` for an image. */
const predictor: ModelPredictor = {
  running: true,
  async *predict<Input extends ImageInput>(inputs: readonly Input[]): AsyncGenerator<Answer<Input>, void, undefined> {
    for (const input of inputs) {
      const text = 'bytes' in input.from ? Buffer.from(input.from.bytes).toString() : '';
      yield text.startsWith('cat')
        ? { input, kind: 'prediction', class: 'cats', score: 1, scores: { cats: 1, dogs: 0 } }
        : { input, kind: 'bad', problem: { code: 'picture-foreign', found: 'is not an image' } };
    }
    await Promise.resolve();
  },
  close: () => Promise.resolve(),
};

let server: Server;
let url: string;
let isAvailable = true;
const lines: string[] = [];

beforeEach(async () => {
  lines.length = 0;
  isAvailable = true;
  const loaded = new LoadedModel(model, () => undefined);
  const onError = (error: unknown): void => void lines.push(String(error));
  const options = { model, examples: [], margin: 0.2, predictor, isAvailable: () => isAvailable, host: '127.0.0.1' };
  server = createServer(createApp({ ...options, loaded, onError }).fetch);
  logRequests(server, (line) => lines.push(line));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function post(body: string | FormData, type?: string): Promise<readonly [number, unknown]> {
  const headers = type === undefined ? undefined : { 'content-type': type };
  const answer = await fetch(`${url}/api/predict?file=secret-name.jpg`, { method: 'POST', body, headers });
  return [answer.status, await answer.json()];
}

function form(count: number): FormData {
  const made = new FormData();
  for (let i = 0; i < count; i++) made.append('image', new Blob([i === 1 ? 'text' : `cat ${i}`]), `${i}.jpg`);
  return made;
}

const cat = { class: 'cats', score: 1, scores: { cats: 1, dogs: 0 } };
const json = (images: unknown): string => JSON.stringify({ images });

test('several images in a form get a list, in their order, and one of them may be unreadable', async () => {
  expect(await post(form(3))).toEqual([
    200,
    {
      predictions: [
        { file: '0.jpg', ...cat },
        { file: '1.jpg', error: 'is not an image', code: 'picture-foreign' },
        { file: '2.jpg', ...cat },
      ],
    },
  ]);
  expect(await post(form(1))).toEqual([200, { file: '0.jpg', ...cat }]);
  expect(await post('text')).toEqual([
    415,
    { file: 'secret-name.jpg', error: 'is not an image', code: 'picture-foreign' },
  ]);
});

test('JSON has images as base64, and always gets a list', async () => {
  const data = Buffer.from('cat').toString('base64');
  const images = [
    { file: 'a.jpg', data },
    { file: 'b.jpg', data: `data:image/jpeg;base64,${data}` },
  ];
  expect(await post(json(images), 'application/json')).toEqual([
    200,
    { predictions: images.map(({ file }) => ({ file, ...cat })) },
  ]);
  expect(await post(json(images.slice(1)), 'application/json; charset=utf-8')).toMatchObject([
    200,
    { predictions: [cat] },
  ]);
});

test.each([
  ['{', 'the body is not JSON: '],
  [json('cat.jpg'), 'JSON must be {"images": [{"file": "cat.jpg", "data": "<base64>"}]}'],
  [json([{ file: 'a.jpg' }]), 'JSON must be {"images": [{"file": "cat.jpg", "data": "<base64>"}]}'],
  [json([{ file: 'a.jpg', data: '***' }]), '`data` of "a.jpg" is not base64'],
  [json([]), 'the body must be the bytes of one image, a form with files, or JSON with `images`'],
  [`{"images":[${'[],'.repeat(1_100_000)}[]]}`, 'the body is not JSON: has more than 1,000,000 values'],
])('refuses the JSON %.40s', async (body, error) => {
  expect(await post(body, 'application/json')).toEqual([
    400,
    { error: expect.stringContaining(error), code: expect.stringMatching(/^(bad-request|no-picture)$/) },
  ]);
});

test('a request has at most 32 images', async () => {
  expect(await post(form(32))).toMatchObject([200, { predictions: { length: 32 } }]);
  const many = Array.from({ length: 40 }, () => ({ file: 'a', data: 'Y2F0' }));
  expect(await post(json(many), 'application/json')).toEqual([
    400,
    {
      error: 'a request may have 32 images, but this one has 40; send several requests',
      code: 'too-many-images',
    },
  ]);
  expect(await post(form(33))).toMatchObject([400, { code: 'too-many-images' }]);
});

test('/healthz says whether the model can predict', async () => {
  const ok = await fetch(`${url}/healthz`);
  expect([ok.status, await ok.json()]).toEqual([
    200,
    { status: 'ok', id: expect.stringMatching(/^sha256:|^[0-9a-f]/) },
  ]);
  isAvailable = false;
  expect((await fetch(`${url}/healthz`)).status).toBe(503);
});

test('the access log has a line per request, without names of files and content', async () => {
  await post('cat');
  await fetch(`${url}/missing?x=1`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const [posted, missing] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(posted).toEqual({
    level: 30,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    method: 'POST',
    path: '/api/predict',
    status: 200,
    ms: expect.any(Number),
    bytes: expect.any(Number),
  });
  expect(posted['bytes']).toBeGreaterThan(300);
  expect(missing).toMatchObject({ method: 'GET', path: '/missing', status: 404 });
  expect(lines.join('')).not.toContain('secret');
});

test('a client that leaves early is in the access log', async () => {
  const gone = new AbortController();
  const posted = fetch(`${url}/api/predict`, {
    method: 'POST',
    body: new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('cat')) }),
    duplex: 'half',
    signal: gone.signal,
  } as RequestInit).catch(() => 'gone');
  await new Promise((resolve) => setTimeout(resolve, 100));
  gone.abort();
  expect(await posted).toBe('gone');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as object)).toMatchObject([
    { path: '/api/predict', aborted: true },
  ]);
});
