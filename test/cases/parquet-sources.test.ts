/** Parquet files as sources: the same samples and the same model as class folders of the same images. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Project } from '../e2e/rig.js';
import { hub, imagesOf, shards, type Shard } from './hub-images.js';
import { counts, ingested, pipeline, writeAt } from './image-folders.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
});
afterEach(() => project.remove());

async function copyShards(folder: string, ...names: readonly string[]): Promise<void> {
  await mkdir(project.path(folder), { recursive: true });
  for (const name of names) await copyFile(join(hub, `${name}.parquet`), project.path(folder, `${name}.parquet`));
}

/** Class folders, with those of splits around them where there are several. */
async function writeFolders(names: readonly Shard[], withSplits: boolean): Promise<void> {
  for (const name of names)
    for (const [i, image] of (await imagesOf(name)).entries())
      await writeAt(
        project,
        ['sorted', withSplits ? name.split('-')[0] : '', ['cat', 'dog'][i % 2], `${name}-${i}.png`]
          .filter(Boolean)
          .join('/'),
        image,
      );
}

describe.each([
  ['one file', ['train-00000-of-00002'] as const, 'data/train-00000-of-00002.parquet'],
  ['a folder of files, with splits in their names', Object.keys(shards) as Shard[], 'data'],
])('%s', (_, names, source) => {
  test('gives the samples and the model of class folders', async () => {
    await writeFolders(names, names.length > 1);
    await project.write('t.yaml', pipeline('source: sorted'));
    expect((await project.run('t.yaml')).code).toBe(0);
    const sorted = await counts(project);
    await copyShards('data', ...names);
    await project.write('t.yaml', pipeline(`source: ${source}`));
    const run = await project.run('t.yaml');
    expect([run.code, run.named('ran')]).toEqual([0, ['ingest']]);
    expect(await counts(project)).toEqual(sorted);
    expect((await project.run('t.yaml')).named('ran')).toEqual([]);
  });
});

test('which columns are read is reported, and another can be named', async () => {
  await copyShards('data', 'train-00000-of-00002');
  await project.write('t.yaml', pipeline('source: data/train-00000-of-00002.parquet'));
  const run = await ingested(project);
  expect([run.code, run.notes['table-columns']]).toEqual([
    0,
    'columns of data/train-00000-of-00002.parquet by their usual names: `label` as `label`',
  ]);
  await project.write('t.yaml', pipeline('source: data/train-00000-of-00002.parquet, labels: {label: note}'));
  expect(await ingested(project)).toMatchObject({ code: 3 });
  await project.write('t.yaml', pipeline('source: data/train-00000-of-00002.parquet, labels: {label: kind}'));
  expect((await ingested(project)).problems[0]).toMatchObject({
    code: 'column-missing',
    found: 'data/train-00000-of-00002.parquet has no column `kind`',
  });
});

test('a Parquet file of labels beside the images', async () => {
  await mkdir(project.path('flat'));
  for (const [i, image] of (await imagesOf('train-00000-of-00002')).entries())
    await writeFile(project.path('flat', `pet ${i}.png`), image);
  await copyShards('flat', 'train-00000-of-00002');
  await project.write(
    't.yaml',
    pipeline('source: flat, labels: {table: flat/train-00000-of-00002.parquet, file: image}'),
  );
  expect([(await ingested(project)).code, await counts(project)]).toEqual([
    0,
    { train: { cat: 2, dog: 2 }, validation: { cat: 1, dog: 1 } },
  ]);
});

test('`labels` without a table, for a source that has none', async () => {
  await writeFolders(['train-00000-of-00002'], false);
  await project.write('t.yaml', pipeline('source: sorted, labels: {label: kind}'));
  expect((await ingested(project)).problems[0]).toMatchObject({
    code: 'table-not-named',
    found: '`labels` names neither a table nor a pattern, and the source is not a Parquet file',
  });
});

test('a Parquet file without images says what to write', async () => {
  await copyFile(join(hub, '../polars.parquet'), project.path('pets.parquet'));
  await project.write('t.yaml', pipeline('source: pets.parquet'));
  expect((await ingested(project)).problems[0]).toMatchObject({
    where: 'pets.parquet',
    found: 'contains no images, only other columns',
    remedy: 'point `source` at the folder of the images, and write `labels: {table: FILE}` with this file',
  });
});
