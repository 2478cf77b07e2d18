/** The cache by its own commands: its size, what goes and what stays, and its damage. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipelineText, Project } from './rig.js';

let project: Project;

beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 12);
  await project.write('pets.yaml', pipelineText());
  await project.run();
});
afterAll(() => project.remove());

interface Answer {
  readonly code: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly bytesAfter: number;
  readonly bytesKept: number;
  readonly kinds: readonly {
    readonly kind: string;
    readonly items: number;
    readonly files: number;
    readonly bytes: number;
    readonly bytesKept: number;
  }[];
  readonly removed: readonly { readonly kind: string }[];
}

async function json(...args: string[]): Promise<Answer> {
  const { code, stdout } = await project.command('cache', ...args, '--json');
  return { ...(JSON.parse(stdout) as Answer), code };
}

test('du shows the size of each kind, and that the last run needs it', async () => {
  const { code, bytes, maxBytes, kinds } = await json('du');
  expect([code, maxBytes]).toEqual([0, 20e9]);
  expect(kinds.map(({ kind }) => kind).sort()).toEqual(['blobs', 'features', 'index', 'records', 'roots']);
  expect(kinds.reduce((sum, kind) => sum + kind.bytes, 0)).toBe(bytes);
  const blobs = kinds.find(({ kind }) => kind === 'blobs')!;
  expect([blobs.bytesKept, blobs.items]).toEqual([blobs.bytes, blobs.files]);
  const { stdout } = await project.command('cache', 'du');
  expect(stdout).toMatch(/^ +size +needed +items +files\nblobs +\d+\.\d MB +\d+\.\d MB/);
  expect(stdout).toContain(' of at most 20.0 GB; ');
});

test('gc takes what no last run needs; what is left is still current, and what went is made again', async () => {
  await project.run('pets.yaml', '--set', 'stages.train.epochs=4');
  await project.run();
  const listed = await json('gc', '--max-size', '0', '--dry-run');
  const { stdout } = await project.command('cache', 'gc', '--max-size', '0', '--dry-run');
  const [head, ...lines] = stdout.split('\n');
  expect(head).toMatch(/^ +name +size +used$/);
  expect(lines).toContainEqual(expect.stringMatching(/^records +[0-9a-f]{12} +[\d.]+ k?B +just now$/));
  const done = await json('gc', '--max-size', '0');
  expect(done.removed).toEqual(listed.removed);
  expect(done.removed.filter(({ kind }) => kind === 'records')).toHaveLength(3);
  expect(done.bytesAfter).toBe(done.bytesKept);
  expect((await project.run()).named('fresh')).toHaveLength(7);
  const again = await project.run('pets.yaml', '--set', 'stages.train.epochs=4');
  expect(again.named('ran')).toEqual(['train', 'evaluate', 'export']);
  expect(again.stage('train').features!.extracted).toBe(0);
});

test('a run makes the cache smaller by itself once it has outgrown its limit', async () => {
  project.environment.PIPELINE_CACHE_MAX_SIZE = '100kB';
  const records = join('.pipeline', 'cache', 'v1', 'records');
  const count = async () =>
    (await readdir(project.path(records), { recursive: true })).filter((name) => name.endsWith('.json')).length;
  expect(await count()).toBe(10);
  const before = new Date(Date.now() - 3_600_000);
  const cache = project.path('.pipeline', 'cache');
  for (const name of await readdir(cache, { recursive: true })) await utimes(join(cache, name), before, before);
  const run = await project.run('pets.yaml', '--set', 'stages.train.epochs=5');
  expect(run.named('ran')).toEqual(['train', 'evaluate', 'export']);
  // Those of this run, which is now the last one of the pipeline.
  expect(await count()).toBe(7);
  delete project.environment.PIPELINE_CACHE_MAX_SIZE;
});

test('verify finds damage, exits 5, and a run heals it', async () => {
  await project.run();
  expect(await json('verify')).toMatchObject({ code: 0, damaged: 0 });
  const { stages } = JSON.parse(await project.read('.pipeline/state/pets.json'));
  const { digest } = stages.train.outputs.trained_weights;
  const path = project.path('.pipeline/cache/v1/blobs', digest.slice(0, 2), digest);
  const bytes = await readFile(path);
  bytes[100] ^= 64;
  await writeFile(path, bytes);
  const { code, stdout, stderr } = await project.command('cache', 'verify');
  expect([code, stdout]).toEqual([
    5,
    expect.stringMatching(
      /^checked \d.*\n1 record with missing results: they are computed again when needed\nremoved 1 damaged file; runs/,
    ),
  ]);
  expect(stderr).toMatch(new RegExp(`${digest}: its ${bytes.length} bytes hash to [0-9a-f]{64}\n$`));
  expect(await json('verify')).toMatchObject({ code: 0, damaged: 0, incomplete: 1 });
  expect((await project.run()).named('ran')).toEqual(['train']);
  expect(await readFile(path)).not.toEqual(bytes);
  expect(await json('verify')).toMatchObject({ code: 0, damaged: 0, incomplete: 0 });
});

test('invalid limits in the environment are reported before anything runs, with the variable', async () => {
  for (const [name, kind, such] of [
    ['PIPELINE_CACHE_MAX_SIZE', 'a size', '20GB, 500 MB or 0'],
    ['PIPELINE_CACHE_MAX_AGE', 'an age', '30d, 12h or 0d'],
  ]) {
    project.environment[name] = 'foo';
    const { code, stdout, stderr } = await project.command('run', 'pets.yaml', '--force');
    delete project.environment[name];
    expect([code, stdout, stderr]).toEqual([2, '', `${name}: foo is not ${kind}\n  expected: such as ${such}\n`]);
  }
});

test('invalid sizes and folders without a cache are reported', async () => {
  const size = await project.command('cache', 'gc', '--max-size', 'much');
  expect([size.code, size.stderr]).toEqual([
    2,
    '--max-size: much is not a size\n  expected: such as 20GB, 500 MB or 0\n',
  ]);
  project.environment.PIPELINE_CACHE = 'elsewhere';
  expect((await project.command('cache', 'du')).stdout).toBe(`no cache at ${project.path('elsewhere')}\n`);
  delete project.environment.PIPELINE_CACHE;
});
