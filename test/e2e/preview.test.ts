/** pipeline preview: the pixels of the sheet are those that training gets. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { digestOf } from '../../src/core/digest.js';
import { createImageLoader } from '../../src/features/image-loader.js';
import type { ImageSpec } from '../../src/image/dataset.js';
import { pipelineText, Project } from './rig.js';

const ranges = 'rotation_range: 30, horizontal_flip: true, brightness_range: [0.5, 1.5], seed: 3';

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 6);
  await project.write('pets.yaml', pipelineText({ more: `  augment: {${ranges}, views: 3}\n` }));
});
afterAll(() => project.remove());

interface Drawn {
  readonly file: string;
  readonly views: number;
  readonly images: readonly { readonly class: string; readonly file: string }[];
}

async function drawn(
  ...args: string[]
): Promise<Drawn & { readonly tile: (row: number, column: number) => Promise<number[]> }> {
  const { code, stdout, stderr } = await project.command('preview', 'pets.yaml', '--json', ...args);
  expect([code, stderr]).toEqual([0, '']);
  const sheet = JSON.parse(stdout) as Drawn;
  // Now: the next sheet takes its place.
  const png = await readFile(sheet.file);
  const tile = async (row: number, column: number): Promise<number[]> => [
    ...(await sharp(png)
      .extract({ left: 4 + column * 36, top: 4 + row * 36, width: 32, height: 32 })
      .raw()
      .toBuffer()),
  ];
  return { ...sheet, tile };
}

test('each tile is what the loader of a training gives for that image and view, before its scaling', async () => {
  const { images, views, tile } = await drawn('--images', '4');
  expect([views, images.map((one) => one.class)]).toEqual([3, ['cats', 'dogs', 'cats', 'dogs']]);
  // What ingest and augment hand on, and how this training scales: to [0, 1].
  const image: ImageSpec = { size: [32, 32], interpolation: 'bilinear', orientation: 'exif' };
  const parameters = {
    rotation_range: 30,
    horizontal_flip: true,
    brightness_range: [0.5, 1.5],
    fill_mode: 'nearest',
    cval: 0,
  } as const;
  const preprocessing = { kind: 'rescale', factor: 1 / 255 } as const;
  const load = createImageLoader({ image, preprocessing, variation: { parameters, seed: 3, version: 1 } });
  for (const [row, { file }] of images.entries()) {
    const path = project.path('pictures', file);
    const digest = digestOf(await readFile(path));
    for (let view = 0; view < 3; view++) {
      const at = { place: { kind: 'folder', path: project.path('pictures') }, name: file } as const;
      const input = await load({ at, digest, view });
      expect(await tile(row, 1 + view)).toEqual([...input].map((level) => Math.round(level * 255)));
    }
  }
});

test('an image as it is stands first, the seed decides the views, and --set shows a change before it is written', async () => {
  const [one, same, other] = [await drawn(), await drawn(), await drawn('--set', 'stages.augment.seed=4')];
  const first = await one.tile(0, 1);
  expect(await same.tile(0, 1)).toEqual(first);
  expect(await other.tile(0, 0)).toEqual(await one.tile(0, 0));
  expect(await other.tile(0, 1)).not.toEqual(first);
  expect(await one.tile(0, 0)).not.toEqual(first);
});

test('prints where the sheet is, replaces no other file, and says what is missing', async () => {
  const { code, stdout, stderr } = await project.command('preview', '--images', '2', '--out', 'sheet.png');
  expect([code, stderr]).toEqual([0, 'wrote 2 images (each as it is, then 3 views) to sheet.png\n']);
  expect(stdout).toMatch(/^row 1: cats, cats\/.*\nrow 2: dogs, dogs\/.*\n$/);
  expect(await project.command('preview', '--out', 'sheet.png')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('already exists'),
  });
  expect(
    (await project.command('preview', '--images', '100000', '--set', 'stages.ingest.image.size=[4000,4000]')).code,
  ).toBe(2);
  await project.write('plain/pets.yaml', pipelineText());
  expect((await project.command('preview', 'plain/pets.yaml')).stderr).toContain('has no augment stage');
});
