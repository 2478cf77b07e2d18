import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onlyModelIn } from '../../src/commands/exported-models.js';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'models-'))));
afterEach(() => rm(folder, { recursive: true }));

async function addModel(path: string, file = 'model.json'): Promise<void> {
  await mkdir(join(folder, path), { recursive: true });
  for (const name of [file, 'classes.json']) await writeFile(join(folder, path, name), '[]');
}

test('finds the one exported model of a folder, and not those in hidden folders and packages', async () => {
  await addModel('.pipeline/out/pets');
  await addModel('node_modules/other/model');
  await mkdir(join(folder, 'base'));
  await writeFile(join(folder, 'base/model.json'), '{}');
  await addModel('models/pets', 'model.onnx');
  expect(await onlyModelIn(folder)).toBe(join('models', 'pets'));
  expect(await onlyModelIn(join(folder, 'models/pets'))).toBe('.');
});

test('says how to name one of several, and how to make one', async () => {
  await expect(onlyModelIn(folder)).rejects.toMatchObject({
    problems: [
      {
        found: 'no model was given, and this folder contains no exported model',
        remedy: 'run a pipeline with an `export` stage first, or name the model: `pipeline serve models/pets`',
      },
    ],
  });
  await addModel('models/pets');
  await addModel('models/birds');
  await expect(onlyModelIn(folder)).rejects.toMatchObject({
    problems: [
      {
        found: 'no model was given, and there are 2 exported models here: models/birds, models/pets',
        remedy: 'name one: `pipeline serve models/birds`',
      },
    ],
  });
});
