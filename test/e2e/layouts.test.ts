/** The same images in every layout: the same samples, and the same bytes of the model, each computed from nothing. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import { hub, imagesOf, shards, type Shard } from '../cases/hub-images.js';
import { zipOf } from '../sources/packing.js';
import { pipelineText, Project } from './rig.js';

interface Photo {
  readonly label: string;
  readonly name: string;
  readonly bytes: Buffer;
}

const COUNT = 8;
let project: Project;
let photos: readonly Photo[];

beforeAll(async () => {
  project = await Project.create();
  await project.addPets('folders', COUNT);
  const found: Photo[] = [];
  for (const label of ['cats', 'dogs'])
    for (const [index, file] of (await readdir(project.path('folders', label))).sort().entries())
      found.push({ label, name: `${index}.jpg`, bytes: await readFile(project.path('folders', label, file)) });
  // In another order than that of the classes.
  photos = found.sort((a, b) => (a.name < b.name ? -1 : 1));
});
afterAll(() => project.remove());

async function write(folder: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(project.path(folder), path, '..'), { recursive: true });
    await writeFile(project.path(folder, path), content);
  }
}

const images = (nameOf: (photo: Photo) => string): Record<string, Buffer> =>
  Object.fromEntries(photos.map((photo) => [nameOf(photo), photo.bytes]));
const flat = ({ label, name }: Photo): string => `images/${label[0]}${name}`;
const table = (header: string, row: (photo: Photo) => string): string => [header, ...photos.map(row)].join('\n');

/** Digests of the samples and of all files of the model, by a run with a cache of its own. */
async function results(name: string, ingest: string): Promise<{ samples: string; model: Record<string, string> }> {
  project.environment['PIPELINE_CACHE'] = project.path(`cache-${name}`);
  await project.write(
    'pets.yaml',
    pipelineText({ train: 'epochs: 2' }).replace('    source: pictures\n', `    ${ingest}\n`),
  );
  const { code, stderr } = await project.run();
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  const [run] = (await readdir(project.path('.pipeline/runs'))).sort().reverse();
  const { stages } = JSON.parse(await project.read(`.pipeline/runs/${run}/run.json`)) as {
    stages: readonly { name: string; outputs: Record<string, { digest: string }> }[];
  };
  const files = (await readdir(project.path('models/pets'))).filter((file) =>
    /^(model\.json|.*\.bin|classes\.json)$/.test(file),
  );
  const model = await Promise.all(
    files.map(async (file) => [file, digestOf(await readFile(project.path('models/pets', file)))]),
  );
  return {
    samples: stages.find((stage) => stage.name === 'ingest')!.outputs.samples.digest,
    model: Object.fromEntries(model) as Record<string, string>,
  };
}

let expected: Awaited<ReturnType<typeof results>>;
beforeAll(async () => {
  expected = await results('folders', 'source: folders');
}, 120_000);

test('class folders give a model', () => {
  expect(Object.keys(expected.model)).toEqual(expect.arrayContaining(['classes.json', 'model.json']));
});

test.each<[string, string, () => Record<string, Uint8Array | string>]>([
  [
    'csv',
    'labels: {table: labels.csv}',
    () => ({ ...images(flat), 'labels.csv': table('image,label', (photo) => `${flat(photo)},${photo.label}`) }),
  ],
  [
    'tsv',
    'labels: {table: meta/labels.tsv, file: Photo, label: Kind}',
    () => ({ ...images(flat), 'meta/labels.tsv': table('Kind\tPhoto', (photo) => `${photo.label}\t${flat(photo)}`) }),
  ],
  [
    'jsonl',
    'labels: {table: metadata.jsonl}',
    () => ({
      ...images(flat),
      'metadata.jsonl': photos.map((one) => `${JSON.stringify({ file_name: flat(one), label: one.label })}\n`).join(''),
    }),
  ],
  ['pattern', 'labels: {pattern: "{label}.{number}.jpg"}', () => images(({ label, name }) => `all/${label}.${name}`)],
])('%s gives the same', async (name, labels, files) => {
  await write(name, files());
  expect(await results(name, `source: ${name}\n    ${labels}`)).toEqual(expected);
});

test('an archive with a table inside gives the same', async () => {
  const rows = table('file,class', (photo) => `${photo.label[0]}${photo.name},${photo.label}`);
  const entries = Object.entries({ ...images(flat), 'images/labels.csv': rows });
  await writeFile(
    project.path('pets.zip'),
    zipOf(entries.map(([name, content]) => ({ name: `pets/${name}`, content }))),
  );
  expect(await results('archive', 'source: pets.zip\n    labels: {table: labels.csv}')).toEqual(expected);
});

test('Parquet files with the images inside give what class folders in split folders give', async () => {
  const names = Object.keys(shards) as Shard[];
  const files: Record<string, Buffer> = {};
  for (const name of names)
    for (const [i, image] of (await imagesOf(name)).entries())
      files[`${name.split('-')[0]}/${['cat', 'dog'][i % 2]}/${name}-${i}.png`] = image;
  await write('sorted', files);
  await cp(hub, project.path('hub'), { recursive: true });
  const sorted = await results('sorted', 'source: sorted');
  expect(sorted.samples).not.toBe(expected.samples);
  expect(await results('hub', 'source: hub')).toEqual(sorted);
});
