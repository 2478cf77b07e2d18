/** Cross-validation from one extraction: what runs, what is counted, and what a change reruns. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { copyFile, cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { testWithShared } from '../shared.js';
import { pipelineText, Project, type RunOutcome } from './rig.js';

const stopping = 'epochs: 6\n    early_stopping: {patience: 2}';
const folds = (count: number, more = '') => `cross_validation: {folds: ${count}${more}}\n`;
const namesOf = (stage: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${stage}@fold-${index + 1}`);

function extracted(run: RunOutcome): number {
  return run.stages.reduce((sum, { features }) => sum + (features?.extracted ?? 0), 0);
}

const notesOf = ({ events }: RunOutcome, name: string, code: string) =>
  events.flatMap((event) => (event.event === 'note' && event.stage === name && event.code === code ? event.text : []));

describe('drawn pets', () => {
  let project: Project;
  let first: RunOutcome;
  const json = async <Value>(path: string) => JSON.parse(await project.read(path)) as Value;
  const outputs = async (stage: string) =>
    (await json<{ stages: Record<string, { outputs: unknown }> }>('.pipeline/state/pets.json')).stages[stage].outputs;

  beforeAll(async () => {
    project = await Project.create();
    await project.addPets('pictures', 12);
    await project.write('pets.yaml', pipelineText({ train: stopping, more: folds(3) }));
    first = await project.run();
  });
  afterAll(() => project.remove());

  test('all folds together extract each image once', () => {
    expect([first.code, first.state]).toEqual([0, 'ok']);
    expect(extracted(first)).toBe(24);
    for (const name of [...namesOf('train', 3), 'train']) {
      const { extracted: now, reused } = first.stage(name).features!;
      expect(now + reused).toBe(24);
    }
    expect(first.stage('train').features!.extracted).toBe(0);
  });

  test('the sum has every image once, with the fold whose model has not seen it', async () => {
    const [header, ...rows] = (await project.read('.pipeline/out/pets/evaluate/predictions.csv')).trim().split('\n');
    expect(header).toBe('file,true,predicted,score,fold');
    expect(new Set(rows.map((row) => row.split(',')[0])).size).toBe(24);
    const counts = ['1', '2', '3'].map((fold) => rows.filter((row) => row.endsWith(`,${fold}`)).length);
    expect(counts).toEqual([8, 8, 8]);
    const metrics = await json<Record<string, number> & { folds: { accuracy: number }[] }>(
      '.pipeline/out/pets/evaluate/metrics.json',
    );
    const accuracies = metrics.folds.map(({ accuracy }) => accuracy);
    expect(metrics.accuracy).toBeCloseTo(accuracies.reduce((sum, one) => sum + one, 0) / 3, 12);
    expect(first.metrics).toEqual({
      evaluate: expect.objectContaining({ accuracy: metrics.accuracy, accuracy_sd: metrics.accuracy_sd }),
    });
    expect(first.stderr).toMatch(/accuracy \d\.\d{4} ± \d\.\d{4}/);
  });

  test('the final training takes the mean of the folds’ best epochs', async () => {
    const best = await Promise.all(
      namesOf('train', 3).map(
        async (name) => (await json<{ bestEpoch: number }>(`.pipeline/out/pets/${name}/history.json`)).bestEpoch,
      ),
    );
    const { epochs } = await json<{ epochs: { val_loss?: number }[] }>('.pipeline/out/pets/train/history.json');
    expect(epochs).toHaveLength(Math.round(best.reduce((sum, one) => sum + one, 0) / 3));
    expect(epochs[0]).not.toHaveProperty('val_loss');
    expect(notesOf(first, 'train', 'epochs')[0]).toContain(`(${best.join(', ')})`);
  });

  test('a second run does nothing; commands show the folds in a line', async () => {
    expect((await project.run()).named('fresh')).toHaveLength(first.stages.length);
    const plan = (await project.command('plan', 'pets.yaml')).stdout;
    expect(plan).toMatch(/^train@fold-1\.\.3 +fresh +nothing changed$/m);
    expect(plan.match(/^train/gm)).toHaveLength(2);
    const graph = (await project.command('graph', 'pets.yaml')).stdout;
    expect(graph).toContain('evaluate  <- data: ingest, fold: evaluate@fold-1..3\n');
    expect((await project.command('summary', 'pets.yaml')).stdout).toContain('(train@fold-1..3, train)');
    expect((await project.command('explain', 'pets.yaml', 'train@fold-2')).stdout).toContain(
      'cross_validation.fold: 2\n',
    );
    const more = await project.command('plan', 'pets.yaml', '--set', 'cross_validation.folds=4');
    expect(more.stdout).toMatch(
      /^train@fold-1\.\.4 +run +cross_validation\.folds 3 -> 4|^train@fold-4 +run +first run$/m,
    );
  });

  test('the reports show the folds beside their mean and deviation', async () => {
    await project.run();
    expect((await project.command('report', 'pets.yaml', '--out', 'report.html')).code).toBe(0);
    const page = await project.read('report.html');
    const table = /<caption>3 folds<\/caption>.*?<\/table>/s.exec(page)![0];
    const rowOf = (title: string) =>
      [...new RegExp(`<th scope="row">${title}</th>(.*?)</tr>`, 's').exec(table)![1].matchAll(/value="([^"]+)"/g)].map(
        ([, value]) => Number(value),
      );
    const metrics = await json<Record<string, number> & { folds: Record<string, number>[] }>(
      '.pipeline/out/pets/evaluate/metrics.json',
    );
    const shown = ['accuracy', 'loss', 'macro_f1', 'roc_auc'];
    expect(rowOf('2').slice(0, 4)).toEqual(shown.map((name) => metrics.folds[1][name]));
    expect(rowOf('mean')).toEqual(shown.map((name) => metrics[name]));
    expect(rowOf('deviation')).toEqual(shown.map((name) => metrics[`${name}_sd`]));
    expect(page).toContain('these metrics are slightly optimistic');
    const markdown = (await project.command('report', 'pets.yaml', '--format', 'md')).stdout;
    expect(markdown).toMatch(/\| `evaluate` \| +\d+\.\d% ± \d+\.\d% \|/);
    expect(markdown).not.toContain('| `evaluate@fold-1` | 1');
  });

  test('another number of folds trains again, and extracts nothing', async () => {
    const run = await project.run('pets.yaml', '--set', 'cross_validation.folds=2');
    expect(run.code).toBe(0);
    expect(extracted(run)).toBe(0);
    expect(run.named('fresh')).toEqual(['ingest', 'load-base', 'freeze', 'build-head']);
    await project.run();
  });

  test('a fold has the result of a pipeline that holds out the same images', async () => {
    const rows = (await project.read('.pipeline/out/pets/evaluate/predictions.csv')).trim().split('\n').slice(1);
    for (const row of rows) {
      const [file, , , , fold] = row.split(',');
      const part = fold === '2' ? 'validation' : 'train';
      await mkdir(project.path('apart', part, file.split('/')[0]), { recursive: true });
      await copyFile(project.path('pictures', file), project.path('apart', part, file));
    }
    await project.write(
      'apart.yaml',
      pipelineText({ train: stopping })
        .replace('source: pictures', 'source: apart')
        .replace('models/pets', 'models/apart'),
    );
    expect((await project.run('apart.yaml')).code).toBe(0);
    const history = await json('.pipeline/out/apart/train/history.json');
    expect(await json('.pipeline/out/pets/train@fold-2/history.json')).toEqual(history);
  });

  test('an image more is extracted once, and its folds run again', async () => {
    await project.addPets('extra', 1, 12);
    await copyFile(
      project.path('extra/cats', (await readdir(project.path('extra/cats')))[0]),
      project.path('pictures/cats/more.jpg'),
    );
    const run = await project.run();
    expect(run.code).toBe(0);
    expect(extracted(run)).toBe(1);
    expect(run.named('ran')).toEqual(expect.arrayContaining([...namesOf('train', 3), 'train', 'evaluate']));
  });

  test('a run that was killed continues with the folds that are left', async () => {
    const other = await Project.create();
    await cp(project.path('pictures'), other.path('pictures'), { recursive: true });
    await other.write('pets.yaml', pipelineText({ train: stopping, more: folds(3) }));
    const killed = await other.runUntil(
      (event) => event.event === 'stage' && event.name === 'train@fold-2',
      'SIGKILL',
      'pets.yaml',
      '--jobs',
      '1',
    );
    expect(killed.signal).toBe('SIGKILL');
    const run = await other.run();
    expect(run.code).toBe(0);
    const finished = killed.events.flatMap((event) => (event.event === 'stage' ? event.name : []));
    expect(finished).toContain('train@fold-2');
    expect(finished).not.toContain('evaluate');
    for (const name of finished) expect([name, run.stage(name).state]).not.toEqual([name, 'ran']);
    const { stages } = JSON.parse(await other.read('.pipeline/state/pets.json')) as {
      stages: Record<string, { outputs: unknown }>;
    };
    expect(stages.train.outputs).toEqual(await outputs('train'));
    await other.remove();
  });

  test('the minimum judges the mean of the folds', async () => {
    const run = await project.run(
      'pets.yaml',
      '--set',
      'stages.evaluate.minimum={accuracy: 1.0}',
      '--set',
      'stages.train.epochs=1',
    );
    expect(run.code).toBe(6);
    expect(run.stage('export').state).toBe('skipped');
  });

  test('views of training images are extracted once for all folds', async () => {
    const text = pipelineText({ train: 'data: augment\n    epochs: 2', more: folds(3) })
      .replace('load-base:', 'augment: {horizontal_flip: true, rotation_range: 5, views: 2}\n  load-base:')
      .replace('build-head:', 'build-head:\n    data: ingest')
      .replace('evaluate: {}', 'evaluate:\n    data: ingest')
      .replace('to: models/pets', 'to: models/views\n    data: ingest');
    await project.write('views.yaml', text);
    const run = await project.run('views.yaml');
    expect(run.code).toBe(0);
    // Unchanged images are there already; of each, two views.
    expect(extracted(run)).toBe(2 * 25);
  });

  test('a group is never divided, with augmentation too; other groups are other folds', async () => {
    for (const kind of ['cats', 'dogs']) {
      const files = (await readdir(project.path('pictures', kind))).sort().slice(0, 12);
      await mkdir(project.path('grouped', kind), { recursive: true });
      for (const [index, file] of files.entries())
        await copyFile(project.path('pictures', kind, file), project.path('grouped', kind, `p${index % 4}-${file}`));
    }
    const text = pipelineText({ train: 'data: augment\n    epochs: 1', more: folds(2) })
      .replace('load-base:', 'augment: {horizontal_flip: true, views: 1}\n  load-base:')
      .replace('build-head:', 'build-head:\n    data: ingest')
      .replace('evaluate: {}', 'evaluate:\n    data: ingest')
      .replace('to: models/pets', 'to: models/grouped\n    data: ingest')
      .replace('source: pictures', 'source: grouped')
      .replace('validation: 0.3', 'group: "{group}-{any}.jpg"');
    await project.write('grouped.yaml', text);
    expect((await project.run('grouped.yaml')).code).toBe(0);
    const rows = (await project.read('.pipeline/out/grouped/evaluate/predictions.csv')).trim().split('\n').slice(1);
    expect(rows).toHaveLength(24);
    const groups = new Set(rows.map((row) => `${/p\d/.exec(row)![0]} in ${row.split(',')[4]}`));
    expect(groups.size).toBe(4);
    expect(new Set([...groups].map((group) => group.slice(-1)))).toEqual(new Set(['1', '2']));
    // What is not known of groups in the samples is in the key of the folds.
    const other = await project.run('grouped.yaml', '--set', 'stages.ingest.split.group="{any}-{any}-{group}.jpg"');
    expect(other.code).toBe(0);
    expect(other.stage('train@fold-1').state).toBe('ran');
  });

  test('an ensemble is one network in both formats, measured on the test split', async () => {
    const text = pipelineText({
      train: stopping,
      more: `  tested: {uses: evaluate, split: test}\n${folds(3, ', final: ensemble')}`,
    })
      .replace('validation: 0.3', 'test: 0.2')
      .replace('models/pets', 'models/ensemble\n    formats: [tfjs, onnx]');
    await project.write('ensemble.yaml', text);
    const run = await project.run('ensemble.yaml');
    expect([run.code, run.state]).toEqual([0, 'ok']);
    expect(extracted(run)).toBe(0);
    expect(notesOf(run, 'export', 'verified')).toHaveLength(2);
    expect(run.metrics.tested.samples).toBeGreaterThan(0);
    expect(run.metrics.evaluate.samples + run.metrics.tested.samples).toBe(25);
    expect(await readdir(project.path('models/ensemble'))).toEqual(
      expect.arrayContaining(['model.onnx', 'model.json']),
    );
    const card = await project.read('models/ensemble/README.md');
    expect(card).toContain('3 folds');
  });

  test('each combination of a matrix has folds, and the table ranks their means', async () => {
    const matrix = 'matrix: {rate: {field: stages.train.optimizer.adam.learning_rate, values: [0.001, 0.01]}}\n';
    await project.write(
      'swept.yaml',
      pipelineText({ train: 'epochs: 2', more: matrix + folds(2) }).replace('models/pets', 'models/swept'),
    );
    const run = await project.run('swept.yaml');
    expect(run.code).toBe(0);
    expect(extracted(run)).toBe(0);
    expect(Object.keys(run.metrics).sort()).toEqual(['evaluate@rate-0.001', 'evaluate@rate-0.01']);
    expect(run.stderr).toContain('evaluate: 2 variants, best mean over folds first');
  });
});

testWithShared(
  'real photographs: every one of them is predicted by a model that has not seen it',
  async (shared) => {
    const project = await Project.create();
    for (const kind of ['cats', 'dogs']) {
      const from = join(shared, 'data/cats-dogs/train', kind);
      await mkdir(project.path('photos', kind), { recursive: true });
      for (const file of (await readdir(from)).sort().slice(0, 40))
        await copyFile(join(from, file), project.path('photos', kind, file));
    }
    await project.write(
      'photos.yaml',
      `version: 1
cross_validation: {folds: 4}
stages:
  ingest: {source: photos, image: {size: [224, 224], fit: crop, interpolation: bicubic}}
  load-base: {architecture: onnx, weights: ${join(shared, 'weights/efficientnet-lite0')}}
  freeze: {layers: all}
  build-head: {layers: [classifier]}
  train: {epochs: 20, optimizer: {adam: {learning_rate: 0.01}}}
  evaluate: {}
`,
    );
    const run = await project.run('photos.yaml');
    expect(run.code).toBe(0);
    expect(extracted(run)).toBe(80);
    expect(run.metrics.evaluate.samples).toBe(80);
    expect(run.metrics.evaluate.accuracy).toBeGreaterThan(0.9);
    await project.remove();
  },
  240_000,
);
