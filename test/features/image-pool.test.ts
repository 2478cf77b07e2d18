/** Threads that load images: the built worker gives what the calling thread gives, and no failure is lost on the way. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { ImageAddress } from '../../src/core/image-place.js';
import { digestOf, type Digest } from '../../src/core/digest.js';
import { ImagePool, threadsFor } from '../../src/features/image-pool.js';
import { nameOfTask, type ListedImage, type ImageTask, type ImageWork } from '../../src/features/image-loader.js';

const pets = join(process.cwd(), 'examples', 'pets', 'pictures', 'cats');
const builtWorker = join(process.cwd(), 'dist', 'features', 'image-worker.js');
const threads = (count: number) => ({ threads: count, entry: builtWorker });

const plain: ImageWork = {
  image: { size: [40, 48], interpolation: 'bilinear', orientation: 'exif' },
  preprocessing: { kind: 'mode', mode: 'torch' },
  variation: null,
};
const varied: ImageWork = {
  ...plain,
  preprocessing: { kind: 'rescale', factor: 1 / 255 },
  variation: {
    parameters: { rotation_range: 20, zoom_range: 0.2, horizontal_flip: true, brightness_range: [0.8, 1.2] },
    seed: 5,
    version: 1,
  },
};

const inFolder = (path: string): ImageAddress => ({
  place: { kind: 'folder', path: dirname(path) },
  name: basename(path),
});

let folder: string;
let tasks: ListedImage[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pictures-'));
  const names = (await readdir(pets)).sort().slice(0, 70);
  tasks = await Promise.all(
    names.map(async (name, view) => ({
      at: inFolder(join(pets, name)),
      digest: digestOf(await readFile(join(pets, name))),
      view,
    })),
  );
});
afterAll(() => rm(folder, { recursive: true }));

/** Loads all tasks in a pool of so many threads and closes it: the digests of their bits. */
async function loadAll(work: ImageWork, count: number): Promise<Digest[]> {
  const pool = new ImagePool(work, threads(count));
  try {
    const images = await Promise.all(tasks.map((task) => pool.load(task)));
    return images.map(({ buffer, byteOffset, byteLength }) => digestOf(new Uint8Array(buffer, byteOffset, byteLength)));
  } finally {
    await pool.close();
  }
}

test.each([
  ['plain', plain],
  ['varied', varied],
])('%s images are the same bits on the calling thread, on one and on three', async (_name, work) => {
  // Enough of them that three threads start.
  const [here, one, three] = await Promise.all([0, 1, 3].map((count) => loadAll(work, count)));
  expect(new Set(here).size).toBe(tasks.length);
  expect(one).toEqual(here);
  expect(three).toEqual(here);
});

test('every view of a varied image has draws of its own', async () => {
  const pool = new ImagePool(varied, threads(1));
  const [first, again, second] = await Promise.all([0, 0, 1].map((view) => pool.load({ ...tasks[0], view })));
  await pool.close();
  expect(again).toEqual(first);
  expect(second).not.toEqual(first);
});

test('a second thread starts only for more images than one is given at first', async () => {
  const entry = join(folder, 'which.mjs');
  await writeFile(
    entry,
    `import { parentPort, threadId } from 'node:worker_threads';
    parentPort.on('message', ({ id }) => parentPort.postMessage({ id, image: Float32Array.of(threadId) }));`,
  );
  const threadsFor = async (images: number): Promise<number> => {
    const pool = new ImagePool(plain, { threads: 3, entry });
    const asked = Array.from({ length: images }, (_, view) => pool.load({ ...tasks[0], view }));
    const answers = await Promise.all(asked);
    await pool.close();
    return new Set(answers.map(([thread]) => thread)).size;
  };
  expect([await threadsFor(32), await threadsFor(33), await threadsFor(200)]).toEqual([1, 2, 3]);
});

test('the memory of released images is used again, with the same bits', async () => {
  const pool = new ImagePool(plain, threads(1));
  const [first, second] = await Promise.all([pool.load(tasks[0]), pool.load(tasks[1])]);
  const before = [first, second].map((image) => image.slice());
  pool.release(first);
  pool.release(second);
  const [again, other] = await Promise.all([pool.load(tasks[1]), pool.load(tasks[0])]);
  expect([other, again]).toEqual(before);
  // Handed to the thread, and back under another name.
  expect([first.length, second.length]).toEqual([0, 0]);
  await pool.close();
});

test('machines with many cores have a thread for two of them, and images ahead for all threads', () => {
  expect([1, 2, 8, 12, 16, 24, 64, 128].map(threadsFor)).toEqual([1, 2, 8, 8, 8, 12, 32, 32]);
  const pool = new ImagePool(plain, threads(8));
  expect([pool.ahead(224 * 224 * 3), pool.ahead(1024 * 1024 * 3)]).toEqual([128, 21]);
});

describe('failures', () => {
  test.each([0, 1])('come with category, code and place (%i threads)', async (count) => {
    const torn = join(folder, 'torn.jpg');
    const bytes = (await readFile(nameOfTask(tasks[0]))).subarray(0, 900);
    await writeFile(torn, bytes);
    const pool = new ImagePool(plain, threads(count));
    const failing: [string, ImageTask][] = [
      ['picture-not-decodable', { ...tasks[0], at: inFolder(torn), digest: digestOf(bytes) }],
      ['picture-changed', { ...tasks[0], digest: tasks[1].digest }],
      ['picture-gone', { ...tasks[0], at: inFolder(join(folder, 'gone.jpg')) }],
    ];
    for (const [code, task] of failing) {
      await expect(pool.load(task)).rejects.toMatchObject({
        name: 'PipelineError',
        category: 'bad-data',
        problems: [expect.objectContaining({ code, where: nameOfTask(task) })],
      });
    }
    expect(await pool.load(tasks[0])).toHaveLength(40 * 48 * 3);
    await pool.close();
  });

  test.each([
    ['throws', 'throw new Error("out of luck")', '(out of luck) '],
    ['ends', 'process.exit(3)', ''],
  ])(
    'a thread that %s fails its image by name, and the next images get another thread',
    async (_what, statement, message) => {
      const entry = join(folder, `${_what}.mjs`);
      await writeFile(
        entry,
        `import { parentPort } from 'node:worker_threads';
      parentPort.on('message', ({ id, task }) => {
        if (task.view === 0) ${statement};
        parentPort.postMessage({ id, image: new Float32Array(3) });
      });`,
      );
      const pool = new ImagePool(plain, { threads: 1, entry });
      await expect(pool.load(tasks[0])).rejects.toMatchObject({
        category: 'stage-failed',
        problems: [
          {
            code: 'picture-thread-ended',
            where: nameOfTask(tasks[0]),
            found: `the image thread exited ${message}while it read this image`,
          },
        ],
      });
      expect(await pool.load(tasks[1])).toHaveLength(3);
      await pool.close();
    },
  );

  test('closing fails what is under way, and nothing can be asked for afterwards', async () => {
    const entry = join(folder, 'silent.mjs');
    await writeFile(
      entry,
      `import { parentPort } from 'node:worker_threads';\nparentPort.on('message', () => undefined);`,
    );
    const pool = new ImagePool(plain, { threads: 2, entry });
    const waiting = Promise.allSettled([pool.load(tasks[0]), pool.load(tasks[1]), pool.load(tasks[2])]);
    await pool.close();
    expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(() => pool.load(tasks[0])).toThrow('closed');
  });
});
