/** A table with one URL per image as the source: the same samples and model as class folders of the same images. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import { Project, type RunOutcome } from '../e2e/rig.js';
import { file, FileServer, status } from '../sources/server.js';
import { counts, image, ingested, pipeline, writeAt } from './image-folders.js';

let project: Project;
let server: FileServer;
beforeEach(async () => {
  project = await Project.create();
  project.environment.PIPELINE_ALLOW_HTTP_LOOPBACK = '1';
  server = await new FileServer().start();
});
afterEach(async () => {
  await server.stop();
  await project.remove();
});

const classOf = (i: number): string => (i % 3 === 0 ? 'red' : 'blue');

async function table(pinned: boolean, served = 12): Promise<string> {
  const rows = [pinned ? 'url,label,sha256' : 'url,label'];
  for (let i = 0; i < 12; i++) {
    const bytes = await image(7 * i);
    const url = server.on(`/${i}/photo.png?size=large`, i < served ? file(bytes) : status(404));
    rows.push([url, classOf(i), ...(pinned ? [digestOf(bytes)] : [])].join(','));
  }
  return `${rows.join('\n')}\n`;
}

test('images are fetched once, pinned by the lock file, and give what class folders give', async () => {
  for (let i = 0; i < 12; i++) await writeAt(project, `sorted/${classOf(i)}/${i}.png`, await image(7 * i));
  await project.write('t.yaml', pipeline('source: sorted'));
  expect((await project.run('t.yaml')).code).toBe(0);
  const sorted = await counts(project);
  await project.write('photos.csv', await table(false));
  await project.write('t.yaml', pipeline('source: photos.csv'));
  const run = await project.run('t.yaml');
  expect([run.code, run.named('ran'), server.asked.length]).toEqual([0, ['ingest'], 12]);
  expect(await counts(project)).toEqual(sorted);
  expect(await project.read('t.lock.yaml')).toMatch(/downloads:\n {2}urls:[0-9a-f]{64}:\n {4}sha256: [0-9a-f]{64}\n/);
  expect((await project.run('t.yaml')).named('ran')).toEqual([]);
  // Without the cache, the lock file says what the images have to be.
  await rm(project.path('.pipeline'), { recursive: true });
  server.on('/3/photo.png?size=large', file(await image(999)));
  expect((await ingested(project)).problems[0]).toMatchObject({ code: 'urls-changed' });
});

test('a digest in the table pins each image; the lock file has no entry', async () => {
  await project.write('photos.csv', await table(true));
  await project.write('t.yaml', pipeline('source: photos.csv'));
  expect((await ingested(project)).code).toBe(0);
  await expect(project.read('t.lock.yaml')).resolves.not.toMatch(/urls:/);
  await rm(project.path('.pipeline'), { recursive: true });
  const other = server.on('/3/photo.png?size=large', file(await image(999)));
  const { code, problems } = await ingested(project);
  expect([code, problems[0]]).toMatchObject([3, { code: 'download-digest-mismatch', where: 'photos.csv:5' }]);
  expect(problems[0].found).toContain(other);
});

test('a header from the environment goes with each request, and to one server only', async () => {
  const rows = ['url,label'];
  for (let i = 0; i < 12; i++) {
    const bytes = await image(7 * i);
    const url = server.on(`/${i}.png`, (request, response) =>
      request.headers.authorization === 'Bearer 4711' ? file(bytes)(request, response) : response.writeHead(401).end(),
    );
    rows.push(`${url},${classOf(i)}`);
  }
  await project.write('photos.csv', rows.join('\n'));
  project.environment.PIPELINE_TOKEN = 'Bearer 4711';
  await project.write('t.yaml', pipeline('source: {path: photos.csv}'));
  expect((await ingested(project)).problems[0].found).toContain('401');
  const source = 'source: {path: photos.csv, allow_private: true, headers_env: {Authorization: PIPELINE_TOKEN}}';
  await project.write('t.yaml', pipeline(source));
  expect((await ingested(project)).code).toBe(0);
  server.asked.length = 0;
  await project.write('photos.csv', rows.join('\n').replace('127.0.0.1', 'localhost'));
  const { problems } = await ingested(project);
  expect([problems[0].code, server.asked]).toEqual(['headers-for-several-servers', []]);
  await project.write('t.yaml', pipeline(source.replace('photos.csv', 'photos')));
  expect((await ingested(project)).stderr).toContain('does not apply to `path`');
});

test('images that are gone are named, and what has arrived is kept', async () => {
  await project.write('photos.csv', await table(false, 10));
  await project.write('t.yaml', pipeline('source: photos.csv'));
  const { code, problems } = await ingested(project);
  expect([code, problems.map(({ where }) => where).sort()]).toEqual([3, ['photos.csv:12', 'photos.csv:13']]);
  server.asked.length = 0;
  await table(false);
  expect((await ingested(project)).code).toBe(0);
  expect(server.asked.map((path) => path.split('/')[1]).sort()).toEqual(['10', '11']);
});

test('rows whose URL has no image are left out with their lines, and stay so until the lock file is changed', async () => {
  const csv = await table(false, 10);
  server.on('/4/photo.png?size=large', file(Buffer.from('<!doctype html><title>Log in</title>')));
  await project.write('photos.csv', csv);
  const skipping = pipeline('source: photos.csv, on_bad_row: skip');
  await project.write('t.yaml', skipping);
  const { code, outcome } = await ingested(project);
  const rows = outcome.events.flatMap((event) =>
    event.event === 'note' && event.code === 'row-skipped' ? event.text.replace(/`.*`/, 'URL') : [],
  );
  expect([code, rows]).toEqual([
    0,
    [
      'photos.csv:6 names URL: the file is an HTML page, expected JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF',
      'photos.csv:12 names URL: the server answers 404 Not Found',
      'photos.csv:13 names URL: the server answers 404 Not Found',
    ],
  ]);
  const total = async (): Promise<number> => {
    const { train, validation } = await counts(project);
    return Object.values({ ...train, v: Object.values(validation).reduce((a, b) => a + b) }).reduce((a, b) => a + b);
  };
  expect(await total()).toBe(9);
  server.asked.length = 0;
  await table(false);
  expect((await ingested(project)).outcome.named('ran')).toEqual([]);
  await project.write('photos.csv', csv.replace(/,red\n/, ',blue\n'));
  expect((await ingested(project)).outcome.named('ran')).toEqual(['ingest']);
  expect([await total(), server.asked]).toEqual([9, []]);
  await project.write('t.yaml', skipping.replace('skip', 'fail'));
  const refused = await ingested(project);
  expect([refused.code, refused.problems.map(({ where }) => where)]).toEqual([
    3,
    ['photos.csv:6', 'photos.csv:12', 'photos.csv:13'],
  ]);
  expect(refused.problems.at(-1)!.remedy).toContain('remove the entry of the table from the lock file');
  await project.write('t.yaml', skipping);
  await rm(project.path('t.lock.yaml'));
  expect((await ingested(project)).code).toBe(0);
  expect([await total(), server.asked.map((path) => path.split('/')[1]).sort()]).toEqual([11, ['10', '11']]);
});

test('a table without URLs as the source says what to write', async () => {
  await project.write('photos.csv', 'url,label\na.jpg,cat\n');
  await project.write('t.yaml', pipeline('source: photos.csv'));
  expect((await ingested(project)).problems[0]).toMatchObject({
    found: 'photos.csv has no URL in the column `url`',
    remedy: 'point `source` at the folder of the images, and write `labels: {table: FILE}` with this table',
  });
});

test('a Parquet file with a column of URLs is a table of them', async () => {
  for (let i = 0; i < 12; i++) {
    await writeAt(project, `sorted/${classOf(i)}/${i}.png`, await image(7 * i));
    if (i !== 5) await writeAt(project, `mirror/example.com/photos/${i}.png`, await image(7 * i));
  }
  await project.write('t.yaml', pipeline('source: sorted'));
  expect((await ingested(project)).code).toBe(0);
  const sorted = await counts(project);
  await copyFile(join(import.meta.dirname, '../fixtures/tables/urls/photos.parquet'), project.path('laion.parquet'));
  await project.write('t.yaml', pipeline('source: {path: laion.parquet, allow_private: false}'));
  project.environment.PIPELINE_MIRROR = project.path('mirror');
  const offline = async (): Promise<RunOutcome> => project.run('t.yaml', '--only', 'ingest', '--offline');
  const missing = await offline();
  expect([missing.code, missing.stderr]).toEqual([
    3,
    expect.stringContaining('https://example.com/photos/5.png?w=640'),
  ]);
  await writeAt(project, 'mirror/example.com/photos/5.png', Buffer.from('<html>'));
  const page = await offline();
  expect([page.code, page.stderr]).toEqual([3, expect.stringContaining('laion.parquet:6')]);
  await rm(project.path('t.lock.yaml'));
  await rm(project.path('.pipeline'), { recursive: true });
  await writeAt(project, 'mirror/example.com/photos/5.png', await image(35));
  expect((await offline()).code).toBe(0);
  expect(await counts(project)).toEqual(sorted);
  expect(await project.read('t.lock.yaml')).toMatch(/downloads:\n {2}urls:[0-9a-f]{64}:/);
});
