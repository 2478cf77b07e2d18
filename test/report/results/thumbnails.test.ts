/** Small copies of images: of the very bytes that were seen, bounded, or the reason why there is none. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { digestOf } from '../../../src/core/digest.js';
import { readFromFolder } from '../../../src/runner/runs/images-of-run.js';
import { Thumbnails } from '../../../src/report/results/thumbnails.js';

let folder: string;
let tall: Buffer;
const text = Buffer.from('no picture');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-pictures-'));
  await mkdir(join(folder, 'cats'));
  // Stored lying, to be turned upright: 300x600 as people see it.
  tall = await sharp({ create: { width: 600, height: 300, channels: 3, background: '#c04020' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  await writeFile(join(folder, 'cats', 'tall.jpg'), tall);
  await writeFile(join(folder, 'cats', 'other.jpg'), text);
});
afterAll(() => rm(folder, { recursive: true }));

const files = (digest: string, ...paths: string[]) =>
  ({ root: 'pictures', onBadImage: 'fail', paths: { [digest]: paths } }) as const;

function thumbnails(): Thumbnails {
  return new Thumbnails((root, paths, digest) =>
    root === 'pictures' ? readFromFolder(folder, paths, digest) : Promise.resolve('gone'),
  );
}

test('an image is shown small, upright, in its own aspect, encoded again', async () => {
  const digest = digestOf(tall);
  const shown = await thumbnails().show(digest, files(digest, 'cats/tall.jpg'), 'exif');
  expect(shown).toMatchObject({ state: 'shown', width: 96, height: 192 });
  const [, base64] = /^data:image\/webp;base64,(.*)$/.exec(shown.state === 'shown' ? shown.url : '')!;
  const metadata = await sharp(Buffer.from(base64, 'base64')).metadata();
  expect(metadata).toMatchObject({ format: 'webp', width: 96, height: 192 });
  expect(metadata.exif).toBeUndefined();
  expect(await thumbnails().show(digest, files(digest, 'cats/tall.jpg'), 'stored')).toMatchObject({
    width: 192,
    height: 96,
  });
});

test('any of its names will do, as long as the bytes are its own', async () => {
  const digest = digestOf(tall);
  expect(
    (await thumbnails().show(digest, files(digest, 'cats/none.jpg', 'cats/other.jpg', 'cats/tall.jpg'), 'exif')).state,
  ).toBe('shown');
  expect(await thumbnails().show(digest, files(digest, 'cats/other.jpg'), 'exif')).toEqual({ state: 'changed' });
  expect(await thumbnails().show(digest, files(digest, 'cats/none.jpg'), 'exif')).toEqual({ state: 'gone' });
  expect(await thumbnails().show(digest, { ...files(digest, 'cats/tall.jpg'), root: 'elsewhere' }, 'exif')).toEqual({
    state: 'gone',
  });
});

test('what cannot be decoded says so', async () => {
  const digest = digestOf(text);
  expect(await thumbnails().show(digest, files(digest, 'cats/other.jpg'), 'exif')).toEqual({ state: 'unreadable' });
});

test('all of them together stay below the bound', async () => {
  const noise = await sharp({
    create: {
      width: 192,
      height: 192,
      channels: 3,
      background: 'gray',
      noise: { type: 'gaussian', mean: 128, sigma: 90 },
    },
  })
    .png()
    .toBuffer();
  await writeFile(join(folder, 'cats', 'noise.png'), noise);
  const digest = digestOf(noise);
  const many = thumbnails();
  let bytes = 0;
  const states = [];
  for (let i = 0; i < 60; i++) {
    const shown = await many.show(digest, files(digest, 'cats/noise.png'), 'exif');
    states.push(shown.state);
    if (shown.state === 'shown') bytes += shown.url.length * 0.75;
  }
  expect(bytes).toBeLessThan(605_000);
  expect(bytes).toBeGreaterThan(400_000);
  expect(states.at(-1)).toBe('left-out');
});
