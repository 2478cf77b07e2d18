/** `init` as a user runs it, and a run of what it wrote. */
import { describe, expect, test } from '@jest/globals';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { hubBases } from '../../src/core/hub-bases.js';
import { hubNetwork } from '../model/onnx/hub-network.js';
import { Project } from './rig.js';

describe('init', () => {
  test('writes a pipeline that runs, for a folder and for the images that come with the tool', async () => {
    const other = await Project.create();
    await other.addPets('my pets', 12);
    const { repository: published, file } = hubBases.efficientnet_lite0;
    await mkdir(join(other.path('mirror', published, file), '..'), { recursive: true });
    await writeFile(other.path('mirror', published, file), hubNetwork('efficientnet_lite0'));
    expect((await other.command('init', 'my pets')).stderr).toBe(
      `my pets: 24 images in 2 classes: cats 12, dogs 12
  all files: JPEG; 96x96 pixels
  readable, no duplicates seen, balanced
wrote my-pets.yaml; next: pipeline run my-pets.yaml
`,
    );
    // The one pipeline here is meant where none is named; other programs' files are not.
    await other.write('compose.yaml', 'services: {}\n');
    const without = await other.command('run', '--offline');
    expect([without.code, without.stderr.replace(/\s+/g, ' ')]).toEqual([
      3,
      expect.stringContaining('No other base is taken unless you name it'),
    ]);
    other.environment.PIPELINE_MIRROR = other.path('mirror');
    expect((await other.command('run', '--set', 'stages.train.epochs=1')).code).toBe(0);
    const run = await other.run('my-pets.yaml', '--set', 'stages.train.epochs=2');
    expect([run.code, run.named('ran')]).toEqual([0, expect.arrayContaining(['train', 'export'])]);
    expect(run.stderr).not.toMatch(/warning|and runs at/);
    const again = await other.command('init', 'my pets');
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('already exists')]);
    expect((await other.command('init')).code).toBe(0);
    const example = await other.run('pets.yaml', '--set', 'stages.train.epochs=1');
    expect([example.code, example.stderr]).toEqual([0, expect.not.stringContaining('and runs at 96x96')]);
    expect((await other.command('plan')).stderr).toContain('there are 2 pipelines here: my-pets.yaml, pets.yaml');
    // The name in the file has the form of names, whatever the file is called.
    await other.command('init', 'my pets', '--to', 'all pets.yaml');
    expect((await other.command('plan', 'all pets.yaml')).code).toBe(0);
    await writeFile(other.path('more pets.tar.gz'), gzipSync(''));
    expect((await other.command('init', 'more pets.tar.gz')).stderr).toBe(
      'wrote more-pets.yaml; next: pipeline run more-pets.yaml\n',
    );
    expect((await other.command('plan', 'pets.yaml')).code).toBe(0);
    // Two dots begin a name as well.
    await other.addPets('..pets', 1);
    expect((await other.command('init', '..pets', '--to', 'dots.yaml')).code).toBe(0);
    expect(await other.read('dots.yaml')).toContain('source: "..pets"\n');
    await other.remove();
  });

  test('a folder of Parquet files, as the hub has them, is a source with its splits', async () => {
    const other = await Project.create();
    await cp(join('test', 'fixtures', 'tables', 'hub'), other.path('hub'), { recursive: true });
    const { code, stderr } = await other.command('init', 'hub', '--base', 'compact32');
    expect([code, stderr.split('\n')[0]]).toEqual([
      0,
      'hub: 3 Parquet files, with the splits train, validation; their images and labels are read as the hub stores them',
    ]);
    expect(await other.read('hub.yaml')).not.toContain('split:');
    const run = await other.run('hub.yaml', '--only', 'ingest');
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining('train 10 (cat 5, dog 5); validation 4')]);
    await other.remove();
  });

  test('refuses what no run could take, and says what a source looks like; an empty folder in it is a warning', async () => {
    const other = await Project.create();
    await mkdir(other.path('empty'));
    await other.write('flat/1.jpg', 'a');
    await other.write('one/cats/1.jpg', 'a');
    await other.write('split/train/cats/1.jpg', 'a');
    await other.write('file.yaml', 'a: b');
    const initOutput = async (source: string): Promise<[number, string]> => {
      const { code, stderr } = await other.command('init', source, '--to', 'new.yaml');
      return [code, stderr.split('\n')[0]];
    };
    expect(await initOutput('empty')).toEqual([3, 'empty: is empty']);
    expect(await initOutput('flat')).toEqual([3, 'flat: contains no class folders with images']);
    expect(await initOutput('one')).toEqual([3, 'one: contains only one class: `cats`']);
    expect(await initOutput('split')).toEqual([3, 'split: contains only one class in train/: `cats`']);
    expect(await initOutput('file.yaml')).toEqual([3, 'file.yaml: is neither a folder nor an archive']);
    expect(await initOutput('nowhere')).toEqual([3, 'nowhere: does not exist']);
    await expect(other.read('new.yaml')).rejects.toThrow('ENOENT');
    await other.write('one/dogs/1.jpg', 'b');
    await mkdir(other.path('one/birds'));
    expect((await other.command('init', 'one', '--to', 'new.yaml')).stderr).toContain(
      'warning: the folder `birds` in `one` is empty, so it is not a class\n',
    );
    expect(await other.read('new.yaml')).not.toContain('on_bad_image');
    await other.remove();
  });
});

test('in a Git repository the cache is ignored, once; commands are shown as npm runs them', async () => {
  const other = await Project.create();
  other.environment.npm_config_user_agent = 'npm/10.8.2 node/v20.20.0 linux x64';
  await other.addPets('pets', 2);
  expect((await other.command('init', 'pets')).stderr).not.toContain('.gitignore');
  await mkdir(other.path('.git'));
  await other.write('.gitignore', 'node_modules');
  const first = await other.command('init', 'pets', '--force', '--base', 'mobilenet_v2');
  expect(first.stderr).toMatch(
    /\nadded \.pipeline\/ to \.gitignore\nwrote pets\.yaml; next: npx pipeline run pets\.yaml\n$/,
  );
  expect((await other.command('init', 'pets', '--force')).stderr).not.toContain('.gitignore');
  expect(await other.read('.gitignore')).toBe('node_modules\n.pipeline/\n');
  const unknown = await other.command('init', 'pets', '--force', '--base', 'lite0');
  expect([unknown.code, unknown.stderr]).toEqual([
    2,
    expect.stringContaining('list the bases with `npx pipeline bases`'),
  ]);
  await other.remove();
});
