/** A sweep of heads: variants by name, one extraction for all, a table at the end, and nothing done twice. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PrintedEvent } from '../../src/commands/event-stream.js';
import { pipelineText, Project, type RunOutcome } from './rig.js';

const matrix = `matrix:
  units: {field: stages.build-head.layers.1.dense.units, values: [4, 16]}
  rate: {field: stages.train.optimizer.adam.learning_rate, values: [0.001, 0.01]}
`;
const labels = ['units-4,rate-0.001', 'units-4,rate-0.01', 'units-16,rate-0.001', 'units-16,rate-0.01'];
const of = (stage: string) => labels.map((label) => `${stage}@${label}`);
const all = [
  'ingest',
  'load-base',
  'freeze',
  'build-head@units-4',
  'build-head@units-16',
  ...of('train'),
  ...of('evaluate'),
  ...of('export'),
];

let project: Project;
let first: RunOutcome;

beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 12);
  await project.write('pets.yaml', pipelineText({ more: matrix }));
  first = await project.run('pets.yaml', '--jobs', '4');
});
afterAll(() => project.remove());

const noteCode = (event: PrintedEvent): string | undefined => (event.event === 'note' ? event.code : undefined);

/** The rows of the table that a run prints, as words. */
function table(stderr: string): string[][] {
  const lines = stderr.split('\n');
  const title = lines.findIndex((line) => line === 'evaluate: 4 variants, best first');
  return lines.slice(title + 1, title + 6).map((line) => line.replace(/^[* ] /, '').split(/ +/));
}

test('every variant runs, and all of them together extract each image once', () => {
  expect([first.code, first.state]).toEqual([0, 'ok']);
  expect(first.named('ran').sort()).toEqual([...all].sort());
  const features = of('train').map((name) => first.stage(name).features!);
  expect(features.map(({ extracted, reused }) => extracted + reused)).toEqual([24, 24, 24, 24]);
  // Two that run at the same time may share the work: one extracts the training images, the other those for validation.
  expect(features.reduce((sum, { extracted }) => sum + extracted, 0)).toBe(24);
  for (const name of of('evaluate')) expect(first.stage(name).features!.extracted).toBe(0);
});

test('the variants are trained apart, and compared in a table, the best first', async () => {
  expect(Object.keys(first.metrics).sort()).toEqual(of('evaluate').sort());
  const losses = of('evaluate').map((name) => first.metrics[name].loss);
  expect(new Set(losses).size).toBe(4);
  const [header, ...rows] = table(first.stderr);
  expect(header.slice(-6)).toEqual(['units', 'rate', 'accuracy', 'loss', 'macro_f1', 'roc_auc']);
  const ranked = labels
    .map((label) => ({ label, metrics: first.metrics[`evaluate@${label}`] }))
    .sort((a, b) => b.metrics.accuracy - a.metrics.accuracy || a.metrics.loss - b.metrics.loss);
  expect(rows.map(([units, rate, accuracy, loss]) => [`units-${units},rate-${rate}`, accuracy, loss])).toEqual(
    ranked.map(({ label, metrics }) => [label, metrics.accuracy.toFixed(4), metrics.loss.toFixed(4)]),
  );
  for (const label of labels) {
    expect(JSON.parse(await project.read(`models/pets/${label}/classes.json`))).toEqual(['cats', 'dogs']);
    expect(await project.read(`.pipeline/out/pets/evaluate@${label}/predictions.csv`)).toContain('cats/');
  }
});

test('a second run does nothing, and shows the table again', async () => {
  const second = await project.run();
  expect(second.named('fresh')).toHaveLength(all.length);
  expect(second.metrics).toEqual(first.metrics);
  expect(table(second.stderr)).toEqual(table(first.stderr));
});

test.each(['1', '2', '3'])('the same bytes with %s threads', async (jobs) => {
  const run = await project.run('pets.yaml', '--force', 'train', '--jobs', jobs);
  expect(run.named('ran')).toEqual(of('train'));
  expect(run.named('fresh')).toHaveLength(all.length - 4);
  // That a stage gave other bytes than before would be reported.
  expect(run.events.filter(({ event }) => event === 'note').map(noteCode)).not.toContain('nondeterministic');
  expect(run.metrics).toEqual(first.metrics);
});

test('the commands that look at a pipeline take its variants', async () => {
  expect((await project.command('status', 'pets.yaml')).stdout).toBe(`up to date: all ${all.length} stages\n`);
  const plan = (await project.command('plan', 'pets.yaml')).stdout;
  for (const name of all) expect(plan).toMatch(new RegExp(`^${name} +fresh`, 'm'));
  const explain = (await project.command('explain', 'pets.yaml', 'train@units-16,rate-0.01')).stdout;
  expect(explain).toMatch(/^train@units-16,rate-0\.01: fresh, nothing changed\n/);
  expect(explain).toContain('optimizer.adam.learning_rate: 0.01\n');
  expect((await project.command('explain', 'pets.yaml', 'train')).stdout.match(/: fresh/g)).toHaveLength(4);
  const mermaid = (await project.command('graph', 'pets.yaml', '--format', 'mermaid')).stdout;
  const ids = mermaid.split('\n').flatMap((line) => /^ {2}(\w+)\["(.+)"\]$/.exec(line)?.slice(1, 3) ?? []);
  expect(ids.filter((_, index) => index % 2 === 1).sort()).toEqual([...all].sort());
  expect(new Set(ids).size).toBe(2 * all.length);
});

test('one more value trains that one alone; one variant can be asked for', async () => {
  const wider = ['--set', 'matrix.units.values=[4, 16, 8]'];
  const one = await project.run('pets.yaml', ...wider, 'train@units-8,rate-0.01');
  expect(one.named('ran')).toEqual(['build-head@units-8', 'train@units-8,rate-0.01']);
  expect(one.stage('train@units-8,rate-0.01').features).toEqual({ extracted: 0, reused: 24 });
  const rest = await project.run('pets.yaml', ...wider, 'train');
  expect(rest.named('ran')).toEqual(['train@units-8,rate-0.001']);
});

test('the chosen values in a pipeline without a matrix come from the cache', async () => {
  const text = pipelineText({
    head: '{units: 16, activation: relu}',
    train: 'epochs: 3\n    optimizer: {adam: {learning_rate: 0.01}}',
  });
  await project.write('pets.yaml', text.replace('models/pets', 'models/best'));
  const single = await project.run();
  expect(single.named('ran')).toEqual([]);
  expect(single.named('restored')).toEqual(['build-head', 'train', 'evaluate', 'export']);
  expect(single.metrics.evaluate).toEqual(first.metrics['evaluate@units-16,rate-0.01']);
  expect(await project.read('models/best/probes.json')).toBe(
    await project.read('models/pets/units-16,rate-0.01/probes.json'),
  );
});
