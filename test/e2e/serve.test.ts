/** `serve` as programs meet it: the endpoint, and what is served and what is not. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cp, readdir, readFile } from 'node:fs/promises';
import { request, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { pipelineText, Project } from './rig.js';
import { Serving } from './serving.js';

const CAT = 'pictures/cats/cat-001.jpg';

let project: Project;
let serving: Serving;
beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 12);
  await project.write('pets.yaml', pipelineText({ train: 'epochs: 1' }));
  expect((await project.run()).code).toBe(0);
  await cp(project.path('pets.yaml'), project.path('models/pets/secret.txt'));
  serving = await Serving.start(project, 'models/pets');
}, 120_000);
afterAll(async () => {
  await serving.interrupt();
  await project.remove();
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Asks for a path as it is written: `fetch` would tidy it up. */
function ask(
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
    localAddress,
  }: { method?: string; headers?: Record<string, string>; body?: Uint8Array; localAddress?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port: new URL(serving.url).port, path, method, headers, localAddress },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += String(chunk)));
        answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, body: text }));
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

const predict = (body: Uint8Array, query = '', headers: Record<string, string> = {}) =>
  ask(`/api/predict${query}`, { method: 'POST', body, headers });

describe('the endpoint', () => {
  test('answers a body or a form as predict --json does', async () => {
    const bytes = await readFile(project.path(CAT));
    const { stdout } = await project.command('predict', 'models/pets', CAT, '--json');
    const line = JSON.parse(stdout) as object;
    const raw = await predict(bytes, `?file=${encodeURIComponent(CAT)}`);
    expect([raw.status, JSON.parse(raw.body)]).toEqual([200, line]);
    expect(JSON.parse((await predict(bytes)).body)).toEqual({ ...line, file: '-' });
    const form = new FormData();
    form.append('note', 'a text is not a file');
    form.append('picture', new Blob([bytes]), 'cat.jpg');
    const posted = await fetch(`${serving.url}api/predict`, { method: 'POST', body: form });
    expect([posted.status, await posted.json()]).toEqual([200, { ...line, file: 'cat.jpg' }]);
  });

  test('says what is wrong with an image by status, code and words', async () => {
    const cat = await readFile(project.path(CAT));
    const large = Buffer.from(
      await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
        .png()
        .toBuffer(),
    );
    large.writeUInt32BE(70_000, 16);
    large.writeUInt32BE(70_000, 20);
    large.writeUInt32BE(crc32(large.subarray(12, 29)), 29);
    const cases = [
      [cat.subarray(0, 900), 422, 'picture-not-decodable', 'is cut short'],
      [Buffer.from('GIF89a....'), 422, 'picture-damaged', 'is cut short: it ends inside its header'],
      [large, 413, 'picture-too-large', 'has 70000x70000 pixels'],
    ] as const;
    for (const [bytes, status, code, message] of cases) {
      const answer = await predict(bytes, '?file=odd.jpg');
      expect([answer.status, JSON.parse(answer.body)]).toEqual([
        status,
        { file: 'odd.jpg', code, error: expect.stringContaining(message) },
      ]);
    }
    expect(await predict(Buffer.alloc(0))).toMatchObject({
      status: 400,
      body: expect.stringContaining('"no-picture"'),
    });
    const torn = { 'Content-Type': 'multipart/form-data; boundary=x' };
    expect(await predict(Buffer.from('--x\r\nno form'), '', torn)).toMatchObject({ status: 400 });
  });

  test('refuses more than 20 MiB, announced or not, and continues', async () => {
    const announced = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(serving.url).port), '127.0.0.1', () => {
        socket.write('POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20971521\r\n\r\n');
      });
      socket.on('data', (chunk) => resolve(String(chunk)));
      socket.on('error', reject);
    });
    expect(announced).toMatch(/^HTTP\/1\.1 413 /);
    const streamed = await predict(Buffer.alloc(20 * 2 ** 20 + 1), '', { 'Transfer-Encoding': 'chunked' });
    expect([streamed.status, JSON.parse(streamed.body)]).toEqual([
      413,
      { error: 'the body is larger than 20 MiB', code: 'body-too-large' },
    ]);
    expect((await predict(await readFile(project.path(CAT)))).status).toBe(200);
  });

  test('a client with slow bodies has a share of the places, and others are answered', async () => {
    const slow = Array.from({ length: 30 }, () => {
      const socket = connect(Number(new URL(serving.url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write('POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n');
      return socket;
    });
    try {
      const first = await Promise.race(
        slow.map((socket) => new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(String(chunk))))),
      );
      expect(first).toMatch(/^HTTP\/1\.1 429 /);
      const cat = await readFile(project.path(CAT));
      const { status, body } = await predict(cat);
      expect([status, JSON.parse(body)]).toEqual([
        429,
        { error: '12 requests from this client are waiting already', code: 'too-many-requests' },
      ]);
      // Linux answers on all of 127.0.0.0/8, and sends from any of it.
      if (process.platform === 'linux')
        expect((await ask('/api/predict', { method: 'POST', body: cat, localAddress: '127.0.0.2' })).status).toBe(200);
    } finally {
      for (const socket of slow) socket.destroy();
    }
  });

  test('answers HEAD without opening the file', async () => {
    const open = async () => (await readdir(`/proc/${serving.pid}/fd`)).length;
    const before = await open();
    for (let i = 0; i < 30; i++)
      expect((await ask('/model/group1-shard1of1.bin', { method: 'HEAD' })).status).toBe(200);
    expect(await open()).toBeLessThan(before + 15);
  });

  test('answers many at once, or says that it is busy', async () => {
    const bytes = await readFile(project.path(CAT));
    const statuses = (await Promise.all(Array.from({ length: 12 }, () => predict(bytes)))).map(({ status }) => status);
    expect(statuses).toEqual(statuses.map(() => 200));
  });
});

describe('what is served', () => {
  test('is the page, TF.js and the files of the model', async () => {
    for (const path of [
      '/',
      '/main.js',
      '/page.css',
      '/tfjs-backend-wasm-simd.wasm',
      '/model/model.json',
      '/model/group1-shard1of1.bin',
      '/api/model',
    ]) {
      expect([path, (await ask(path)).status]).toEqual([path, 200]);
    }
    const { headers } = await ask('/');
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  test.each([
    '/model/secret.txt',
    '/model/probes.json',
    '/model/',
    '/model/../../pets.yaml',
    '/model/..%2f..%2fpets.yaml',
    '/model/%2e%2e/%2e%2e/pets.yaml',
    '/..%5c..%5cpets.yaml',
    '//etc/passwd',
    '/model//etc/passwd',
    '/model/model.json%00.txt',
    '/.git/config',
    '/.env',
    '/package.json',
    '/api',
    '/%',
  ])('is not %s', async (path) => {
    const { status, body } = await ask(path);
    expect([path, status, body]).toEqual([path, 404, '{"error":"nothing is served at this path","code":"not-found"}']);
  });

  test('asked for an answer without an image, it says how images come', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await fetch(new URL('/api/predict', serving.url), { method });
      expect([answer.status, answer.headers.get('allow'), await answer.json()]).toEqual([
        405,
        'POST',
        { error: 'send images with POST', code: 'method-not-allowed' },
      ]);
    }
  });

  test('is for those alone who call it by its own name, from its own page', async () => {
    const { port } = new URL(serving.url);
    for (const host of ['evil.com', `evil.com:${port}`, `127.0.0.1.evil.com:${port}`]) {
      expect([host, (await ask('/', { headers: { Host: host } })).status]).toEqual([host, 403]);
    }
    expect((await ask('/', { headers: { Host: `localhost:${port}` } })).status).toBe(200);
    const bytes = await readFile(project.path(CAT));
    expect(await predict(bytes, '', { Origin: 'https://evil.com' })).toMatchObject({
      status: 403,
      body: expect.stringContaining('"foreign-origin"'),
    });
    expect((await predict(bytes, '', { Origin: `http://127.0.0.1:${port}` })).status).toBe(200);
  });
});
