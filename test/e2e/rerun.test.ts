/** Only what changed is done again: the promise of the tool, by its own command. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipelineText, Project, repository } from './rig.js';

let project: Project;
const all = ['ingest', 'load-base', 'freeze', 'build-head', 'train', 'evaluate', 'export'];

beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 24);
  await project.write('pets.yaml', pipelineText());
});
afterAll(() => project.remove());

describe('a rerun', () => {
  test('the first run runs every stage, each because it is its first run', async () => {
    const run = await project.run();
    expect([run.code, run.state]).toEqual([0, 'ok']);
    expect(run.named('ran').sort()).toEqual([...all].sort());
    expect(run.stages.map(({ reason }) => reason)).toEqual(all.map(() => 'first run'));
    const { extracted, reused } = run.stage('train').features!;
    expect([extracted, reused]).toEqual([48, 0]);
    expect(run.stage('evaluate').features!.extracted).toBe(0);
    // The figures of the run are those of the predictions that it wrote.
    const [, ...rows] = (await project.read('.pipeline/out/pets/evaluate/predictions.csv'))
      .trim()
      .split('\n')
      .map((row) => row.split(','));
    expect(rows).toHaveLength(14);
    const history = (await project.read('.pipeline/out/pets/train/history.csv')).trim().split('\n');
    expect(history[0]).toBe('epoch,loss,accuracy,val_loss,val_accuracy,learning_rate');
    const epochs = run.events.flatMap((event) => (event.event === 'epoch' ? [event.metrics] : []));
    expect(history.slice(1)).toEqual(
      epochs.map((metrics, at) =>
        [at + 1, metrics.loss, metrics.accuracy, metrics.val_loss, metrics.val_accuracy, 0.001].join(','),
      ),
    );
    expect(run.metrics.evaluate.accuracy).toBe(rows.filter(([, label, predicted]) => label === predicted).length / 14);
  });

  test('nothing changed: nothing runs, and it says so', async () => {
    const run = await project.run();
    expect(run.named('fresh').sort()).toEqual([...all].sort());
    expect(run.stderr).toContain('nothing to do: all 7 stages are up to date');
    expect(run.stderr).toMatch(/^[✔!] \d+\.\d% of \d+ validation images are right \(95% interval: /m);
    expect(await project.command('status', 'pets.yaml', '--exit-code')).toMatchObject({
      code: 0,
      stdout: 'up to date: all 7 stages\n',
    });
  });

  test('with nothing to do, it loads nothing beside the command itself', async () => {
    const alone = project.path('package');
    await mkdir(join(alone, 'dist'), { recursive: true });
    for (const name of ['package.json', 'dist/cli.cjs', 'dist/main.cjs'])
      await cp(join(repository, name), join(alone, name));
    for (const name of ['node_modules', 'schemas', 'examples', 'dist/bundle'])
      await symlink(join(repository, name), join(alone, name));
    for (const [command, said] of [
      ['status', 'up to date: all 7 stages'],
      ['run', 'nothing to do: all 7 stages are up to date'],
    ]) {
      const words = [join(alone, 'dist/cli.cjs'), command, 'pets.yaml'];
      const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: project.root, encoding: 'utf8' });
      expect([status, stdout + stderr]).toEqual([0, expect.stringContaining(said)]);
    }
    await rm(alone, { recursive: true });
  });

  test('other epochs rerun train and what follows', async () => {
    await project.write('pets.yaml', pipelineText({ train: 'epochs: 4' }));
    const run = await project.run();
    expect(run.named('ran')).toEqual(['train', 'evaluate', 'export']);
    expect(run.stage('train').reason).toBe('epochs 3 -> 4');
    expect(run.stage('train').features).toEqual({ extracted: 0, reused: 48 });
  });

  test('another head width adds build-head', async () => {
    await project.write('pets.yaml', pipelineText({ train: 'epochs: 4', head: '{units: 8, activation: relu}' }));
    const run = await project.run();
    expect(run.named('ran')).toEqual(['build-head', 'train', 'evaluate', 'export']);
    expect(run.stage('build-head').reason).toBe('dense.units 16 -> 8');
    expect(run.stage('train').features!.extracted).toBe(0);
  });

  test('going back restores from the cache, without work', async () => {
    await project.write('pets.yaml', pipelineText());
    const run = await project.run();
    expect(run.named('ran')).toEqual([]);
    expect(run.named('restored')).toEqual(['build-head', 'train', 'evaluate', 'export']);
    expect(run.stage('build-head').reason).toBe('cached, with dense.units 8 -> 16');
  });

  test('a comment, reordered keys and touched files rerun nothing', async () => {
    const [head, tail] = pipelineText().split('  freeze:\n    layers: all\n');
    await project.write('pets.yaml', `# a comment\n${head}${tail}  freeze:\n    layers: all # all of them\n`);
    const cats = project.path('pictures', 'cats');
    for (const name of await readdir(cats)) await utimes(join(cats, name), new Date(), new Date());
    const run = await project.run();
    expect(run.named('fresh').sort()).toEqual([...all].sort());
  });

  test('ten more images extract ten', async () => {
    await project.addPets('pictures', 5, 24);
    const run = await project.run();
    expect(run.stage('ingest')).toMatchObject({ state: 'ran', reason: 'files 48 -> 58' });
    expect(run.stage('train').features).toEqual({ extracted: 10, reused: 48 });
    expect(run.named('fresh')).toEqual(['load-base', 'freeze', 'build-head']);
  });

  test('a renamed image reruns ingest, which stops there, and reports have the new name', async () => {
    const [, row] = (await project.read('.pipeline/out/pets/evaluate/predictions.csv')).split('\n');
    const [file] = row.split(',');
    await rename(project.path('pictures', file), project.path('pictures', 'cats', 'tom, "the cat".jpg'));
    const run = await project.run();
    expect(run.named('ran')).toEqual(['ingest']);
    expect(run.stage('ingest').reason).toBe('files were renamed, moved or edited');
    const renamed = await project.read('.pipeline/out/pets/evaluate/predictions.csv');
    expect(renamed).toContain(`"cats/tom, ""the cat"".jpg",${row.slice(file.length + 1)}`);
    expect(renamed).not.toContain(file);
  });

  test('a relabeled image extracts nothing', async () => {
    await rename(project.path('pictures', 'cats', 'tom, "the cat".jpg'), project.path('pictures', 'dogs', 'tom.jpg'));
    const run = await project.run();
    expect(run.stage('train')).toMatchObject({
      state: 'ran',
      reason: 'the images or their labels changed',
      features: { extracted: 0, reused: 58 },
    });
    expect(run.named('fresh')).toEqual(['load-base', 'freeze', 'build-head']);
  });

  test('a moved project folder reruns nothing', async () => {
    const moved = await Project.create();
    await rm(moved.root, { recursive: true });
    await rename(project.root, moved.root);
    const run = await moved.run();
    await rename(moved.root, project.root);
    expect(run.named('fresh').sort()).toEqual([...all].sort());
  });

  test('a copied one reruns nothing once its cache is trusted', async () => {
    const copy = await Project.create();
    await cp(project.root, copy.root, { recursive: true, preserveTimestamps: true });
    expect((await copy.command('cache', 'trust')).code).toBe(0);
    expect((await copy.run()).named('fresh').sort()).toEqual([...all].sort());
    await copy.remove();
  });

  test('a damaged result is made again, and the run continues', async () => {
    const blobs = project.path('.pipeline/cache/v1/blobs');
    const model = JSON.parse(await project.read('.pipeline/state/pets.json')).stages.train.outputs.model
      .digest as string;
    const path = join(blobs, model.slice(0, 2), model);
    const bytes = await readFile(path);
    bytes[20] ^= 1;
    await rm(path);
    await writeFile(path, bytes);
    const run = await project.run('pets.yaml', '--force', 'evaluate');
    expect([run.code, run.state]).toEqual([0, 'ok']);
    expect(run.events.filter((event) => event.event === 'note' && event.code === 'healed')).toHaveLength(1);
    expect(run.metrics.evaluate.accuracy).toBeGreaterThan(0);
    expect(run.stderr).toMatch(
      /done in .*: 1 stage ran, 0 restored, 6 up to date; train ran again because the cache had lost the results\n/,
    );
  });

  test('the same seed gives the same bytes in another cache', async () => {
    const other = await Project.create();
    await cp(project.path('pictures'), other.path('pictures'), { recursive: true });
    await other.write('pets.yaml', pipelineText());
    await Promise.all([project.run(), other.run()]);
    const digests = async (of: Project): Promise<Record<string, unknown>> => {
      const { stages } = JSON.parse(await of.read('.pipeline/state/pets.json')) as {
        stages: Record<string, { outputs: unknown }>;
      };
      return Object.fromEntries(Object.entries(stages).map(([name, { outputs }]) => [name, outputs]));
    };
    expect(await digests(other)).toEqual(await digests(project));
    await other.remove();
  });
});
