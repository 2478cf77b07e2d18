/** A cache that came from elsewhere, is in the wrong place, or is open to everybody, met through the command. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import { seal, unseal } from '../../src/store/disk/sealed-json.js';
import { pipelineText, Project } from '../e2e/rig.js';

const text = `version: 1
stages:
  ingest:
    source: images
    image: {size: [32, 32]}
`;

let project: Project;
beforeEach(async () => {
  project = await Project.create();
  await project.write('pets.yaml', text);
  await project.addPets('images', 4);
});
afterEach(() => project.remove());

const warning = (outcome: Awaited<ReturnType<Project['run']>>): string[] =>
  outcome.events.flatMap((event) => (event.event === 'warning' ? [event.problem.code] : []));

test('one that was copied with its project is reported, and its results are not used until it is trusted', async () => {
  expect((await project.run()).named('ran')).toEqual(['ingest']);
  const copy = await Project.create();
  try {
    await cp(project.root, copy.root, { recursive: true });
    const first = await copy.run();
    expect([first.code, warning(first), first.named('ran')]).toEqual([0, ['cache-from-elsewhere'], ['ingest']]);
    const again = await copy.run();
    expect([warning(again), again.named('fresh')]).toEqual([['cache-from-elsewhere'], ['ingest']]);
    const status = await copy.command('status', 'pets.yaml');
    expect([status.stdout, status.stderr]).toEqual([
      'up to date: all 1 stage\n',
      expect.stringMatching(
        /\.pipeline\/cache.*was not created in this checkout and may have come with the project, so its results are not used[^]*pipeline cache trust/,
      ),
    ]);
    const trust = await copy.command('cache', 'trust');
    expect([trust.code, trust.stdout]).toEqual([
      0,
      expect.stringContaining('trusted; its results are used from now on'),
    ]);
    const trusted = await copy.run('pets.yaml', '--force');
    expect([trusted.code, warning(trusted)]).toEqual([0, []]);
    // In CI, whose caches come from its own store: named, it is used as it is.
    await rm(copy.path('.pipeline/state'), { recursive: true });
    await rm(copy.path('.pipeline/cache/v1/made-here.json'));
    copy.environment.PIPELINE_CACHE = '.pipeline/cache';
    const named = await copy.run();
    expect([warning(named), named.named('restored')]).toEqual([[], ['ingest']]);
  } finally {
    await copy.remove();
  }
});

test('one that moves with its project stays its own', async () => {
  await project.run();
  const moved = `${project.root}-moved`;
  await rename(project.root, moved);
  await rename(moved, project.root);
  await mkdir(project.path('inner'));
  for (const name of ['pets.yaml', 'images', '.pipeline'])
    await rename(project.path(name), project.path('inner', name));
  const { stdout, stderr } = await project.commandIn('inner', 'status', 'pets.yaml');
  expect([stdout, stderr]).toEqual(['up to date: all 1 stage\n', '']);
});

test('PIPELINE_CACHE in a folder that people use gets a folder of its own there', async () => {
  const old = [project.path('stuff/v1/notes.txt'), project.path('stuff/index/a'), project.path('stuff/v1/tmp/draft')];
  for (const path of old) {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, 'mine');
    await utimes(path, 1e9, 1e9);
  }
  project.environment.PIPELINE_CACHE = 'stuff';
  project.environment.PIPELINE_CACHE_MAX_SIZE = '0';
  for (let i = 0; i < 3; i++) expect((await project.run('pets.yaml', '--force')).code).toBe(0);
  expect((await project.command('cache', 'gc', '--max-age', '0d')).code).toBe(0);
  expect(await Promise.all(old.map((path) => readFile(path, 'utf8')))).toEqual(['mine', 'mine', 'mine']);
  expect([
    (await readdir(project.path('stuff'))).sort(),
    await readdir(project.path('stuff/transfer-pipeline')),
  ]).toEqual([['index', 'transfer-pipeline', 'v1'], expect.arrayContaining(['v1'])]);
});

test('one that everybody can write into is refused unless that is meant', async () => {
  project.environment.PIPELINE_CACHE = 'shared';
  expect((await project.run()).code).toBe(0);
  for (const folder of ['shared', 'shared/v1/records']) {
    await chmod(project.path(folder), 0o1777);
    const refused = await project.command('run', 'pets.yaml');
    expect([refused.code, refused.stderr]).toEqual([
      4,
      expect.stringMatching(/everyone on this machine can write to this cache[^]*chmod -R o-w/),
    ]);
    await chmod(project.path(folder), 0o755);
  }
  await chmod(project.path('shared'), 0o777);
  project.environment.PIPELINE_ALLOW_OPEN_CACHE = '1';
  expect((await project.run()).named('fresh')).toEqual(['ingest']);
});

test('one of a group hands its rights on', async () => {
  await mkdir(project.path('group'));
  await chmod(project.path('group'), 0o2775);
  project.environment.PIPELINE_CACHE = 'group';
  expect((await project.run()).code).toBe(0);
  for (const folder of ['group/v1', 'group/v1/records', 'group/v1/blobs'])
    expect((await stat(project.path(folder))).mode & 0o7777).toBe(0o2775);
});

test('one among the images, or around them, is refused where the source is named', async () => {
  const cases: readonly (readonly [cache: string, source: string, words: RegExp])[] = [
    ['images/cache', 'images', /pets\.yaml:4:\d+[^]*the cache .* is inside `images`/],
    ['store', 'store/images', /pets\.yaml:4:\d+[^]*`store\/images` is inside the cache/],
    ['', '.pipeline/out', /pets\.yaml:4:\d+[^]*is inside `\.pipeline`, which is reserved for this tool/],
    ['', 'link/cache', /is inside the cache/],
  ];
  await mkdir(project.path('.pipeline'));
  await symlink('.pipeline', project.path('link'));
  for (const [cache, source, words] of cases) {
    await project.write('pets.yaml', text.replace('source: images', `source: ${source}`));
    project.environment.PIPELINE_CACHE = cache;
    for (const command of ['plan', 'run']) {
      const { code, stderr } = await project.command(command, 'pets.yaml');
      expect([cache, source, code, stderr]).toEqual([cache, source, 2, expect.stringMatching(words)]);
    }
  }
  await symlink('images', project.path('also'));
  project.environment.PIPELINE_CACHE = '';
  await project.write(
    'pets.yaml',
    pipelineText().replace('source: pictures', 'source: images').replace('to: models/pets', 'to: also/pets'),
  );
  expect(await project.command('plan', 'pets.yaml')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/`also\/pets` leads into the images of `images` through a link/),
  });
  expect(await readdir(project.path('images'))).toEqual(expect.not.arrayContaining(['cache']));
});

test('a forged record delivers nothing elsewhere, and the result is made again', async () => {
  await project.run();
  const folder = project.path('.pipeline/cache/v1/records');
  for (const fan of await readdir(folder)) {
    for (const name of await readdir(join(folder, fan))) {
      const record = unseal(await readFile(join(folder, fan, name))) as { outputs: Record<string, unknown> };
      const blob = Object.values(record.outputs)[0];
      await writeFile(
        join(folder, fan, name),
        seal({ ...record, outputs: { ...record.outputs, 'file:../../../../../.bash_profile': blob } }),
      );
    }
  }
  const run = await project.run();
  expect([run.code, run.named('ran')]).toEqual([0, ['ingest']]);
  expect(run.events).toContainEqual(
    expect.objectContaining({ code: 'cache-damage', text: expect.stringContaining('not a valid record') }),
  );
});

test('a forged digest in the record of a run moves no file', async () => {
  await project.run();
  await project.write('thesis.tex', 'years of work');
  const [id] = await readdir(project.path('.pipeline/runs'));
  const file = `.pipeline/runs/${id}/run.json`;
  await writeFile(
    project.path(file),
    (await project.read(file)).replaceAll(/"digest":"[0-9a-f]{64}"/g, '"digest":"../../../../../thesis.tex"'),
  );
  const { code, stderr } = await project.command('report', id);
  expect([code, stderr]).toEqual([2, expect.stringContaining('its record is missing, damaged')]);
  expect(await project.read('thesis.tex')).toBe('years of work');
  expect(digestOf(await project.read('pets.yaml'))).toBe(digestOf(text));
});

test('links in .pipeline are refused by every command, and those in the cache lead nowhere', async () => {
  await project.run();
  await mkdir(project.path('elsewhere'));
  await writeFile(project.path('elsewhere/old.txt'), 'mine');
  await utimes(project.path('elsewhere/old.txt'), 1e9, 1e9);
  for (const name of ['state', 'cache', 'runs', 'out']) {
    const own = project.path('.pipeline', name);
    await rename(own, `${own}-aside`);
    await symlink('../elsewhere', own);
    for (const command of [['run', 'pets.yaml'], ['runs'], ['cache', 'gc']]) {
      const { code, stderr } = await project.command(...command);
      expect([name, code, stderr]).toEqual([
        name,
        4,
        expect.stringMatching(new RegExp(`\\.pipeline/${name}.*is a link to \\.\\./elsewhere`)),
      ]);
    }
    await rm(own);
    await rename(`${own}-aside`, own);
  }
  await rm(project.path('.pipeline/cache/v1/tmp'), { recursive: true });
  await symlink('../../../elsewhere', project.path('.pipeline/cache/v1/tmp'));
  const run = await project.run('pets.yaml', '--force');
  expect([run.code, (await project.command('cache', 'gc', '--max-size', '0', '--max-age', '0d')).code]).toEqual([0, 0]);
  expect([await readdir(project.path('elsewhere')), await project.read('elsewhere/old.txt')]).toEqual([
    ['old.txt'],
    'mine',
  ]);
});
