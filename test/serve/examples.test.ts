/** Examples for the page come from a folder that anyone may have made. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { readExamples } from '../../src/serve/examples.js';
import type { ServedModel } from '../../src/serve/served-model.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-examples-'));
  await mkdir(join(folder, 'probes'));
});
afterEach(() => rm(folder, { recursive: true }));

const facts = { classes: ['cats', 'dogs'], image: { size: [6, 8] } } as unknown as ServedModel['facts'];

const png = (width: number, height: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: 'red' } })
    .png()
    .toBuffer();

const listed = async (rows: unknown): Promise<string[]> => {
  await writeFile(join(folder, 'probes.json'), typeof rows === 'string' ? rows : JSON.stringify(rows));
  return (await readExamples({ folder, facts })).map(({ picture, labels }) => [picture, ...labels].join(' '));
};

test('images of the size and the classes of the model are examples', async () => {
  await writeFile(join(folder, 'probes/1.png'), await png(8, 6));
  expect(await listed([{ picture: 'probes/1.png', class: 'dogs', scores: [0.1, 0.9] }])).toEqual(['probes/1.png dogs']);
});

test('an image may have several classes, or none', async () => {
  await writeFile(join(folder, 'probes/1.png'), await png(8, 6));
  const row = { picture: 'probes/1.png', scores: [0.8, 0.9] };
  expect(await listed([{ ...row, classes: ['cats', 'dogs'] }])).toEqual(['probes/1.png cats dogs']);
  expect(await listed([{ ...row, classes: [] }])).toEqual(['probes/1.png']);
});

test('nothing else is, whatever the list says', async () => {
  await writeFile(join(folder, 'probes/1.png'), await png(8, 6));
  await writeFile(join(folder, 'probes/2.png'), await png(9, 6));
  await writeFile(join(folder, 'probes/3.png'), Buffer.alloc(2 ** 20));
  await writeFile(join(folder, 'secret.png'), await png(8, 6));
  await symlink('/etc/hostname', join(folder, 'probes/4.png'));
  const row = { picture: 'probes/1.png', class: 'dogs', scores: [0.1, 0.9] };
  expect(
    await listed([
      { ...row, picture: 'probes/2.png' },
      { ...row, picture: 'probes/3.png' },
      { ...row, picture: 'probes/4.png' },
      { ...row, picture: 'probes/5.png' },
      { ...row, picture: 'secret.png' },
      { ...row, picture: '../probes/1.png' },
      { ...row, class: 'birds' },
      { ...row, classes: 'dogs' },
      { ...row, classes: ['dogs', 'birds'] },
      { ...row, scores: [1] },
      null,
      ...Array.from({ length: 100 }, () => row),
    ]),
  ).toEqual([]);
  for (const text of ['', '{}', '[', '[[1]]']) expect(await listed(text)).toEqual([]);
  await rm(join(folder, 'probes.json'));
  expect(await readExamples({ folder, facts })).toEqual([]);
});
