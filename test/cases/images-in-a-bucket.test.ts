/** Images in a bucket of a real S3 server: the same results as from a folder, and each object is read once. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { Project, type RunOutcome } from '../e2e/rig.js';
import { contentOf } from '../object-store/contents.js';
import { CountingProxy } from '../object-store/counting-proxy.js';
import {
  BUCKET,
  describeWithVersitygw,
  environmentOf,
  startVersitygw,
  type S3Server,
  type User,
} from '../object-store/servers.js';
import { addImages, image, ingested, pipeline, writeAt } from './image-folders.js';

describeWithVersitygw('images in a bucket', () => {
  let server: S3Server;
  let proxy: CountingProxy;
  let project: Project;
  let places = 0;
  /** `s3://team-cache/photos 1`, a place of each test. */
  let address: string;

  beforeAll(async () => {
    server = await startVersitygw();
    proxy = await CountingProxy.start(server.port);
  });
  afterAll(async () => {
    await proxy.stop();
    await server.stop();
  });
  beforeEach(async () => {
    project = await Project.create();
    address = `s3://${BUCKET}/photos ${++places}`;
    as('reader');
    proxy.before = () => undefined;
    proxy.read();
  });
  afterEach(() => project.remove());

  const as = (user: User): void => {
    Object.assign(project.environment, environmentOf(user), { AWS_ENDPOINT_URL_S3: proxy.endpoint, AWS_REGION: '' });
  };
  const put = async (name: string, bytes: Uint8Array): Promise<void> =>
    (await server.open('writer', address)).put(name, contentOf(bytes));
  const remove = async (name: string): Promise<void> => (await server.open('writer', address)).remove(name);

  /** Uploads a folder of the project, file by file. */
  async function upload(folder: string): Promise<string[]> {
    const root = project.path(folder);
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    const names = files.map((file) => relative(root, file).split(sep).join('/'));
    for (const [index, name] of names.entries()) await put(name, await readFile(files[index]));
    return names.sort();
  }

  const read = (): string[] => proxy.read().map((key) => key.replace(/^[^/]*\//, ''));
  const inBucket = (more = ''): string => pipeline(`source: "${address}/"${more}`);
  const digestsOf = (run: RunOutcome, stage: string): unknown =>
    run.events.find((event) => event.event === 'stage' && event.name === stage);

  async function exported(): Promise<Record<string, string>> {
    const files = (await readdir(project.path('out'))).sort();
    return Object.fromEntries(
      await Promise.all(files.map(async (name) => [name, await project.read(`out/${name}`).catch(() => 'a folder')])),
    );
  }

  test('class folders give the model of a local folder; later runs read no object', async () => {
    for (const name of ['red', 'light blue +ü']) await addImages(project, `data/${name}`, 6);
    const names = await upload('data');
    await project.write('t.yaml', pipeline('source: data'));
    expect((await project.run('t.yaml')).code).toBe(0);
    const local = await exported();
    await rm(project.path('.pipeline'), { recursive: true });
    await rm(project.path('out'), { recursive: true });
    await rm(project.path('data'), { recursive: true });

    await project.write('t.yaml', inBucket());
    const first = await project.run('t.yaml');
    expect(first.code).toBe(0);
    expect(await exported()).toEqual(local);
    // Once for the digest and once for the features, and four of them for the export.
    const reads = read();
    expect([...new Set(reads)]).toEqual(names);
    expect(reads.length).toBeLessThanOrEqual(2 * names.length + 4);
    // Nothing of an image is on the disk.
    expect(digestsOf(first, 'ingest')).toBeDefined();

    const again = await project.run('t.yaml');
    expect([again.code, again.named('fresh').length, read()]).toEqual([0, 7, []]);
    expect((await project.command('plan', 't.yaml')).stdout).not.toMatch(/run {2}/);
    expect(read()).toEqual([]);
  }, 120_000);

  test('later views of an image do not read it again', async () => {
    for (const name of ['red', 'blue']) await addImages(project, `data/${name}`, 6);
    const names = await upload('data');
    const augment = '  augment: {horizontal_flip: true, rotation_range: 10, views: 4}\n';
    await project.write(
      't.yaml',
      inBucket().replace('  load-base', `${augment}  load-base`).replace('epochs: 1', 'epochs: 4'),
    );
    expect((await project.run('t.yaml')).code).toBe(0);
    const reads = read();
    expect([...new Set(reads)]).toEqual(names);
    expect(reads.length).toBeLessThanOrEqual(2 * names.length + 4);
  }, 60_000);

  test('an object that has changed is read again, and no other', async () => {
    for (const name of ['red', 'blue']) await addImages(project, `data/${name}`, 4);
    await upload('data');
    await project.write('t.yaml', inBucket());
    expect((await ingested(project)).code).toBe(0);
    read();
    await put('red/1.png', await image(70_000));
    const { outcome } = await ingested(project);
    expect([outcome.named('ran'), read()]).toEqual([['ingest'], ['red/1.png']]);
    await remove('red/1.png');
    expect([(await ingested(project)).outcome.named('ran'), read()]).toEqual([['ingest'], []]);
  }, 60_000);

  test('split folders, and tables in the bucket or beside the pipeline file', async () => {
    const rows: string[] = [];
    for (const split of ['train', 'validation'])
      for (let i = 0; i < 6; i++) {
        const bytes = await image(300 + rows.length);
        const label = i % 2 === 0 ? 'red' : 'blue';
        await writeAt(project, `sorted/${split}/${label}/${i}.png`, bytes);
        await writeAt(project, `flat/${split}-${i}.png`, bytes);
        rows.push(`${split}-${i}.png,${label},${split}`);
      }
    await project.write('flat/labels.csv', ['file,label,split', ...rows].join('\n'));
    await project.write('t.yaml', pipeline('source: sorted'));
    expect((await project.run('t.yaml', '--only', 'ingest')).code).toBe(0);
    expect((await project.run('t.yaml')).code).toBe(0);
    const local = await exported();

    await upload('sorted');
    await project.write('t.yaml', inBucket());
    expect((await project.run('t.yaml')).named('ran')).toEqual(['ingest']);

    address = `s3://${BUCKET}/photos ${++places}`;
    await upload('flat');
    await rm(project.path('flat'), { recursive: true });
    await project.write('t.yaml', inBucket(', labels: {table: labels.csv}'));
    expect((await project.run('t.yaml')).named('ran')).toEqual(['ingest']);
    read();
    expect([(await project.run('t.yaml')).named('ran'), read()]).toEqual([[], []]);

    await project.write('beside.csv', ['file,label,split', ...rows].join('\n'));
    await project.write('t.yaml', inBucket(', labels: {table: beside.csv}'));
    expect((await project.run('t.yaml')).named('ran')).toEqual(['ingest']);
    expect(await exported()).toEqual(local);
  }, 120_000);

  test('an object that is deleted or replaced before it is decoded ends the run, and running again continues', async () => {
    for (const name of ['red', 'blue']) await addImages(project, `data/${name}`, 4);
    await upload('data');
    await project.write('t.yaml', inBucket());
    let reads = 0;
    // The ninth object that is read is read for its features.
    proxy.before = async ({ method, key }) => {
      if (method === 'GET' && key !== '' && ++reads === 9) await put(key.replace(/^[^/]*\//, ''), await image(80_000));
    };
    const replaced = await project.run('t.yaml');
    expect(replaced.code).toBe(3);
    expect(problemsOf(replaced)).toEqual([
      expect.objectContaining({
        code: 'picture-changed',
        where: expect.stringContaining(address),
        remedy: 'run again',
      }),
    ]);
    expect((await project.run('t.yaml')).code).toBe(0);
    const gone = 'blue/gone.png';
    await put(gone, await image(81_000));
    // Listed, and gone by the time that it is read.
    proxy.before = async ({ key }) => {
      if (key.endsWith(gone)) await remove(gone);
    };
    const vanished = await project.run('t.yaml');
    expect(vanished.code).toBe(5);
    expect(problemsOf(vanished)).toEqual([
      expect.objectContaining({ code: 'file-vanished', where: `${address}/${gone}`, remedy: 'run again' }),
    ]);
    proxy.before = () => undefined;
    expect((await project.run('t.yaml')).code).toBe(0);
  }, 120_000);

  test('preview, doctor and report read the images; keys do not name the bucket', async () => {
    for (const name of ['red', 'blue']) await addImages(project, `data/${name}`, 4);
    await upload('data');
    const text = inBucket().replace('  load-base', '  augment: {horizontal_flip: true}\n  load-base');
    await project.write('t.yaml', text);
    expect((await project.command('preview', 't.yaml', '--out', 'sheet.png')).code).toBe(0);
    const doctor = await project.command('doctor', 't.yaml');
    expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringContaining('8')]);
    expect((await project.run('t.yaml')).code).toBe(0);
    read();
    expect((await project.command('report', '--out', 'report.html')).code).toBe(0);
    expect(read()).not.toEqual([]);
    expect((await project.read('report.html')).match(/data:image\/webp/g)!.length).toBeGreaterThan(0);
    const moved = address;
    address = `s3://${BUCKET}/photos ${++places}`;
    await upload('data');
    await project.write('t.yaml', text.replace(moved, address));
    expect((await project.run('t.yaml')).named('ran')).toEqual([]);
  }, 120_000);

  test.each<[what: string, User, (address: string) => string, code: number, found: RegExp]>([
    ['a missing bucket', 'reader', () => 's3://no-such-bucket-here/a', 3, /there is no bucket `no-such-bucket-here`/],
    ['no right', 'stranger', (at) => at, 3, /access denied/],
    ['nothing below the address', 'reader', (at) => `${at}/none`, 3, /contains no objects/],
    ['an invalid name', 'reader', () => 's3://a', 2, /no bucket can be called/],
  ])('%s', async (_what, user, place, code, found) => {
    as(user);
    await project.write('t.yaml', pipeline(`source: "${place(address)}"`));
    const result = await ingested(project);
    expect([result.code, result.problems]).toEqual([
      code,
      [expect.objectContaining({ found: expect.stringMatching(found) })],
    ]);
  });

  test('no credentials, another region, an unreachable server, --offline', async () => {
    await addImages(project, 'data/red', 2);
    await upload('data');
    const outcome = async (source: string, ...args: string[]) => {
      await project.write('t.yaml', pipeline(`source: ${source}`));
      const run = await project.run('t.yaml', '--only', 'ingest', ...args);
      return [run.code, problemsOf(run)[0].found];
    };
    const long = (fields: string): string => `{url: "${address}", ${fields}}`;
    expect(await outcome(long('region: eu-central-1'))).toEqual([
      3,
      expect.stringMatching(/`us-east-1`, not to `eu-central-1`/),
    ]);
    expect(await outcome(long('endpoint: "http://127.0.0.1:9"'))).toEqual([5, expect.stringMatching(/refused/)]);
    expect(await outcome(address, '--offline')).toEqual([3, expect.stringMatching(/--offline does not use/)]);
    expect(await outcome('{path: data, region: eu-central-1}')).toEqual([2, expect.stringMatching(/does not apply/)]);
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) project.environment[name] = '';
    expect(await outcome(address)).toEqual([3, expect.stringMatching(/this machine has no credentials/)]);
  }, 60_000);
});

function problemsOf(run: RunOutcome) {
  return run.events.flatMap((event) => (event.event === 'problem' ? event.problem : []));
}
