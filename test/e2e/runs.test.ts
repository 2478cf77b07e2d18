/** pipeline runs, diff and report on a handful of runs: listed, named, compared. */
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunDifference } from '../../src/report/run-difference.js';
import type { RunRow } from '../../src/report/run-list.js';
import { pipelineText, Project, repository, type RunOutcome } from './rig.js';

let project: Project;
let first: RunOutcome;
let third: RunOutcome;

const lines = (text: string): string[][] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.split(/ {2,}/));

async function listed(...args: string[]): Promise<RunRow[]> {
  const { stdout } = await project.command('runs', '--json', ...args);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as RunRow);
}

beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 24);
  await project.write('pets.yaml', pipelineText());
  await project.write('other.yaml', pipelineText({ train: 'epochs: 1' }));
  first = await project.run('pets.yaml', '--set', 'stages.train.optimizer.adam.learning_rate=1e-7');
  await project.run();
  third = await project.run(
    'pets.yaml',
    '--set',
    'stages.train.epochs=30',
    '--set',
    'stages.train.optimizer.adam.learning_rate=0.01',
  );
  await project.run('other.yaml', 'freeze');
});
afterAll(() => project.remove());

describe('runs', () => {
  test('lists them newest first, with what they did and their figures', async () => {
    const { stdout } = await project.command('runs');
    const [head, ...rows] = lines(stdout);
    expect(head).toEqual(['run', 'started', 'pipeline', 'state', 'took', 'ran', 'acc', 'loss']);
    const metricsOf = ({ metrics }: RunOutcome) => [
      metrics.evaluate.accuracy.toFixed(4),
      metrics.evaluate.loss.toFixed(4),
    ];
    expect(rows.map(([, , pipeline, state, , did, ...rest]) => [pipeline, state, did, ...rest])).toEqual([
      ['other', 'ok', '0+2/2', '-', '-'],
      ['pets', 'ok', '3+0/7', ...metricsOf(third)],
      ['pets', 'ok', '3+0/7', expect.any(String), expect.any(String)],
      ['pets', 'ok', '7+0/7', ...metricsOf(first)],
    ]);
  });

  test('of one file, at most so many, as JSON', async () => {
    const rows = await listed('pets.yaml', '--limit', '2');
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      event: 'run-listed',
      pipeline: 'pets',
      file: 'pets.yaml',
      set: ['stages.train.epochs=30', 'stages.train.optimizer.adam.learning_rate=0.01'],
      state: 'ok',
      metrics: { evaluate: third.metrics.evaluate },
    });
    expect(rows[0].stages).toEqual({ ran: 3, restored: 0, fresh: 4, failed: 0, interrupted: 0, skipped: 0 });
    expect((await project.command('runs', '-n', '1')).stderr).toBe('and 3 more (--limit 4 shows all)\n');
  });
});

describe('diff', () => {
  test('shows the changed fields, the metrics before and after, and which predictions changed', async () => {
    const rows = await listed('pets.yaml');
    const difference = JSON.parse(
      (await project.command('diff', rows[2].id, 'pets.yaml', '--json')).stdout,
    ) as RunDifference;
    expect(difference.before.id).toBe(rows[2].id);
    const changes = Object.fromEntries(
      difference.stages.map(({ name, state, changes: reasons }) => [name, reasons ?? state]),
    );
    expect(changes).toMatchObject({ ingest: 'same', 'build-head': 'same', evaluate: ['the model changed'] });
    expect(changes.train).toEqual(['epochs 3 -> 30', 'optimizer.adam.learning_rate 1e-7 -> 0.01']);
    const [{ metrics, pictures }] = difference.evaluations;
    const accuracy = metrics.find(({ name }) => name === 'accuracy');
    expect(accuracy).toEqual({
      name: 'accuracy',
      before: first.metrics.evaluate.accuracy,
      after: third.metrics.evaluate.accuracy,
    });
    // What turned explains the difference of the accuracies.
    expect(pictures!.compared).toBe(third.metrics.evaluate.samples);
    expect(pictures!.right.length).toBeGreaterThan(0);
    const gained = (third.metrics.evaluate.accuracy - first.metrics.evaluate.accuracy) * pictures!.compared;
    expect(pictures!.right.length - pictures!.wrong.length).toBe(Math.round(gained));
    const [{ files, before, after }] = pictures!.right;
    expect([before.label, after.predicted]).toEqual([files[0].split('/')[0], files[0].split('/')[0]]);
    expect(before.predicted).not.toBe(before.label);
  });

  test('a pipeline file alone means its own last two runs', async () => {
    const one = await project.command('diff', 'pets.yaml');
    const two = await project.command('diff', 'pets.yaml~1', 'pets.yaml');
    expect([one.code, one.stdout]).toEqual([0, two.stdout]);
  });

  test('as Markdown, for a pull request and a job summary; a file is replaced only by another report', async () => {
    const difference = await project.command('diff', 'pets.yaml', '--format', 'md');
    expect([difference.code, difference.stderr]).toEqual([0, '']);
    expect(difference.stdout).toMatch(/^(✅|⚠️|➖) \*\*(better|worse|the same): accuracy .*\*\*\n/);
    expect(difference.stdout).toContain('| metric | before | after | difference |\n| --- | ---: | ---: | ---: |\n');
    const { code, stdout } = await project.command('report', 'pets.yaml', '--format', 'md');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^(✅|⚠️|❌) \*\*\d+\.\d% of \d+ validation images are right/);
    expect(stdout).toContain('| class | precision | recall | F1 | AUC | images |\n');
    expect(stdout).toContain('| `cats` | ');
    expect(stdout + difference.stdout).not.toMatch(/<\w/);
    for (const _ of [1, 2])
      expect((await project.command('report', 'pets.yaml', '--format', 'md', '--out', 'report.md')).code).toBe(0);
    expect(await project.read('report.md')).toBe(stdout);
    expect((await project.command('report', 'pets.yaml', '--format', 'md', '--out', 'pets.yaml')).code).toBe(2);
    expect((await project.command('report', '--format', 'pdf')).stderr).toContain('must be html or md, but got `pdf`');
  });

  test('as text for people', async () => {
    const { stdout, code } = await project.command('diff', 'pets.yaml~2', 'pets.yaml');
    expect(code).toBe(0);
    expect(stdout).toContain('train: epochs 3 -> 30\n');
    expect(stdout).toContain('4 stages unchanged\n');
    expect(stdout).toMatch(/^accuracy +0\.\d{4} +[01]\.\d{4} +\+0\.\d{4}$/m);
    expect(stdout).toMatch(/^images +\d+ +\d+ +=$/m);
    expect(stdout).toMatch(/^\d+ images in both runs: \d+ became wrong, \d+ became right$/m);
    expect(stdout).toMatch(/^ {2}right {2}(cats|dogs)\/\S+ {2}(cats|dogs) 0\.\d{4} -> (cats|dogs) [01]\.\d{4}$/m);
  });

  test('the last two runs of the pipeline that ran last, when none is named; of different ones where they are', async () => {
    const alone = await project.command('diff');
    expect([alone.code, alone.stderr]).toEqual([
      2,
      expect.stringContaining('other.yaml: has only one run, so there is no earlier run to compare with'),
    ]);
    const { stdout } = await project.command('diff', 'last~1', 'last');
    expect(stdout).toContain('train: only in the earlier run\n');
    expect(stdout).toContain('2 stages unchanged\n');
    const between = await Project.create();
    await between.addPets('pictures', 8);
    for (const name of ['a.yaml', 'b.yaml']) await between.write(name, pipelineText({ train: 'epochs: 1' }));
    for (const name of ['a.yaml', 'b.yaml', 'a.yaml']) await between.run(name, 'load-base');
    const { before, after } = JSON.parse((await between.command('diff', '--json')).stdout) as RunDifference;
    const ids = (await between.command('runs', 'a.yaml', '--json')).stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as RunRow).id);
    expect([after.id, before.id]).toEqual(ids);
    await between.remove();
  });

  test('a file that is not there, and never ran, is named; by `runs` too', async () => {
    for (const command of [
      ['runs', 'nope.yaml'],
      ['diff', 'nope.yaml~1', 'nope.yaml'],
    ]) {
      const { code, stderr } = await project.command(...command);
      expect([code, stderr]).toEqual([2, expect.stringContaining('nope.yaml: there is no such file')]);
    }
  });

  test('a run that is not there is named', async () => {
    const { code, stderr } = await project.command('diff', 'nothing', 'last');
    expect([code, stderr]).toEqual([2, expect.stringContaining('nothing: is neither a run nor a pipeline file')]);
  });
});

describe('report', () => {
  test('is of the last run of a file, lies beside its record, and says where', async () => {
    const [{ id }] = await listed('pets.yaml');
    const { stderr } = await project.command('report', 'pets.yaml');
    const path = join('.pipeline/runs', id, 'report.html');
    expect(stderr).toBe(`wrote the report of pets, run ${id}, to ${path}\n`);
    expect(await project.read(path)).toContain(`<code>${id}</code>`);
  });

  test('several evaluations are compared, the best ones shown in full', async () => {
    const matrix = 'matrix:\n  units: {field: stages.build-head.layers.1.dense.units, values: [2, 3, 4, 5]}\n';
    await project.write('sweep.yaml', pipelineText({ more: matrix }));
    const { metrics } = await project.run('sweep.yaml');
    await project.command('report', 'sweep.yaml', '--out', 'sweep.html');
    const page = await project.read('sweep.html');
    const ranked = Object.entries(metrics).sort(([, a], [, b]) => b.accuracy - a.accuracy || a.loss - b.loss);
    const [, table] = /<caption>4 evaluations, best first<\/caption>(.*?)<\/table>/s.exec(page)!;
    const accuracies = [
      ...table.matchAll(/<tr><th scope="row">evaluate<\/th><td>(\d)<\/td><td><data value="([^"]+)">/g),
    ].map(([, units, value]) => [`evaluate@units-${units}`, Number(value)]);
    expect(accuracies).toEqual(ranked.map(([name, { accuracy }]) => [name, accuracy]));
    const detailed = [...page.matchAll(/<h2 id="s\d+">Results: ([^<]+)<\/h2>/g)].map(([, name]) => name);
    expect(detailed).toEqual(ranked.slice(0, 3).map(([name]) => name));
  });
});

describe('runs that did not end', () => {
  test('a killed run is listed as killed, and its report has its graph and its file', async () => {
    await project.write('long.yaml', pipelineText({ train: 'epochs: 100000' }));
    const before = new Set(await readdir(project.path('.pipeline/runs')));
    const child = spawn(process.execPath, [join(repository, 'dist/cli.js'), 'run', 'long.yaml'], {
      cwd: project.root,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    await new Promise<void>((resolve) => {
      child.stderr.on('data', (text: Buffer) => {
        if (text.includes('epoch 1/')) resolve();
      });
    });
    expect((await listed('long.yaml')).map(({ state }) => state)).toEqual(['running']);
    child.kill('SIGKILL');
    await ended;
    const [run] = await listed('long.yaml');
    expect([run.state, before.has(run.id)]).toEqual(['killed', false]);
    expect((await project.command('report', 'long.yaml', '--out', 'killed.html')).code).toBe(0);
    const page = await project.read('killed.html');
    expect(page).toContain('killed before it ended');
    expect(page).toContain('epochs: 100000');
    expect(page).toContain('not in this run');
    const { code, stderr } = await project.command('diff', 'pets.yaml', 'long.yaml');
    expect([code, stderr]).toEqual([2, expect.stringContaining(`${run.id}: was killed before it ended`)]);
  });

  test('a record that cannot be read is listed, and refused with a way out', async () => {
    const [{ id }] = await listed();
    await writeFile(project.path('.pipeline/runs', id, 'run.json'), '{');
    expect((await listed())[0]).toEqual({ event: 'run-listed', id, state: 'unreadable' });
    const { code, stderr } = await project.command('report', id);
    expect([code, stderr]).toEqual([2, expect.stringContaining('its record is missing, damaged')]);
    expect(existsSync(project.path('.pipeline/runs', id, 'report.html'))).toBe(false);
  });

  test('a run that was refused before anything ran is a failed one, with the reason', async () => {
    await symlink(tmpdir(), project.path('elsewhere'));
    await project.write('out.yaml', pipelineText().replace('to: models/pets', 'to: elsewhere/pets'));
    expect((await project.command('run', 'out.yaml')).code).toBe(4);
    expect((await listed('out.yaml')).map(({ state }) => state)).toEqual(['failed']);
    await project.command('report', 'out.yaml', '--out', 'refused.html');
    expect(await project.read('refused.html')).toContain('leads out of the project through the link elsewhere');
  });

  test('a failed run says in its report what went wrong', async () => {
    await project.write('gate.yaml', pipelineText().replace('evaluate: {}', 'evaluate: {minimum: {accuracy: 1.0}}'));
    const run = await project.run('gate.yaml', '--set', 'stages.train.optimizer.adam.learning_rate=1e-7');
    expect(run.code).toBe(6);
    await project.command('report', 'gate.yaml', '--out', 'gate.html');
    const page = await project.read('gate.html');
    expect(page).toContain('minimum not met');
    expect(page).toContain(`<b>evaluate</b> accuracy is ${run.metrics.evaluate.accuracy.toFixed(4)}`);
    expect(page).toContain('expected: at least 1');
  });
});
