/** Ctrl-C and a request to end, in the middle of everything that takes long; and outputs that nobody reads to their end. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunEvent } from '../../src/core/event.js';
import { zipOf } from '../sources/packing.js';
import { file, FileServer, stalling } from '../sources/server.js';
import { pipelineText, Project, repository, type RunOutcome } from './rig.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
});
afterEach(() => project.remove());

const underWay = (task: string) => (event: RunEvent) =>
  event.event === 'progress' && event.task === task && event.done > 0;

/** What every interrupted run says, and how it ends. */
function expectInterrupted(run: RunOutcome, stage: string): void {
  expect([run.code, run.state]).toEqual([130, 'interrupted']);
  expect(run.stage(stage)).toMatchObject({ state: 'interrupted', reason: 'interrupted' });
  expect([...run.named('failed'), ...run.stages.filter(({ reason }) => /failed/.test(reason))]).toEqual([]);
  expect(run.stderr).not.toMatch(/failed/);
  expect(run.stderr).toContain('stopping; press Ctrl-C again to quit immediately\n');
  expect(run.stderr).toMatch(/interrupted after .*\. Finished stages are cached: run again to continue\.\n$/);
  // The stage's line says it: no problem is laid out beside it.
  expect(run.stderr).not.toMatch(/^train: /m);
}

describe('an interruption', () => {
  test('in the middle of extraction keeps the images that went through', async () => {
    await project.addPets('pictures', 80);
    await project.write('pets.yaml', pipelineText({ train: 'epochs: 100000' }).replace('[32, 32]', '[224, 224]'));
    const run = await project.interrupt(underWay('extract'), 'SIGINT');
    expectInterrupted(run, 'train');
    expect(run.named('ran')).toEqual(['ingest', 'load-base', 'freeze', 'build-head']);
    const done = Math.max(
      ...run.events.map((event) => (underWay('extract')(event) && event.event === 'progress' ? event.done : 0)),
    );
    const again = await project.run('pets.yaml', '--set', 'stages.train.epochs=1');
    expect([again.code, again.named('fresh')]).toEqual([0, ['ingest', 'load-base', 'freeze', 'build-head']]);
    expect(again.stage('train').features!.reused).toBeGreaterThanOrEqual(done);
  });

  test('in the middle of training, by a request to end', async () => {
    await project.addPets('pictures', 12);
    await project.write('pets.yaml', pipelineText({ train: 'epochs: 100000' }));
    const run = await project.interrupt((event) => event.event === 'epoch' && event.epoch === 3, 'SIGTERM');
    expectInterrupted(run, 'train');
    expect(run.stage('evaluate')).toMatchObject({ state: 'skipped', reason: 'train was interrupted' });
    // What is kept of the run says the same.
    expect((await project.command('runs')).stdout).toMatch(/interrupted/);
    const [row] = (await project.command('runs', '--json')).stdout.split('\n');
    expect(JSON.parse(row)).toMatchObject({ state: 'interrupted', stages: { failed: 0, interrupted: 1 } });
    expect((await project.command('report', '--out', 'report.html')).code).toBe(0);
    const page = await project.read('report.html');
    expect(page).toContain('What was interrupted');
    expect(page).not.toMatch(/<(td|text|span|title)[^>]*>[^<]*failed/);
    expect((await project.run('pets.yaml', '--set', 'stages.train.epochs=1')).stage('train').features).toEqual({
      extracted: 0,
      reused: 24,
    });
  });

  test('in the middle of a download continues from there', async () => {
    const server = await new FileServer().start();
    try {
      project.environment.PIPELINE_ALLOW_HTTP_LOOPBACK = '1';
      const zip = zipOf([{ name: 'pets/notes.bin', content: new Uint8Array(4 * 2 ** 20) }]);
      const url = server.on('/pets.zip', stalling(zip, 3 * 2 ** 20), file(zip));
      const source = `{url: "${url}", md5: ${'a'.repeat(32)}, size: ${zip.length}}`;
      await project.write('pets.yaml', pipelineText().replace('source: pictures', `source: ${source}`));
      expectInterrupted(await project.interrupt(underWay('download'), 'SIGINT'), 'ingest');
      await project.run();
      expect(server.asked).toEqual([
        '/pets.zip',
        expect.stringMatching(/^\/pets\.zip bytes=[1-9]\d{5,}-$/),
        '/pets.zip',
      ]);
    } finally {
      await server.stop();
    }
  });

  test('in the middle of unpacking leaves no half folder', async () => {
    const entries = Array.from({ length: 12_000 }, (_, i) => ({ name: `pets/cats/${i}.txt`, content: `number ${i}` }));
    await writeFile(project.path('pets.zip'), zipOf(entries));
    await project.write('pets.yaml', pipelineText().replace('source: pictures', 'source: pets.zip'));
    expectInterrupted(await project.interrupt(underWay('unpack'), 'SIGINT'), 'ingest');
    expect(await readdir(project.path('.pipeline/cache/v1')).catch(() => [])).not.toContain('unpacked');
    expect(await readdir(project.path('.pipeline/cache/v1/tmp'))).toEqual([]);
  });
});

describe('a reader that goes away', () => {
  const piped = (command: string): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const script = `set -o pipefail; "${process.execPath}" "${join(repository, 'dist/cli.js')}" ${command}`;
      execFile('bash', ['-c', script], { cwd: project.root }, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      );
    });

  test('ends a run cleanly', async () => {
    await project.addPets('pictures', 12);
    await project.write('pets.yaml', pipelineText({ train: 'epochs: 100000' }));
    const { code, stdout, stderr } = await piped('run pets.yaml --json | head -n 1');
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(130);
    expect(stderr).toMatch(/run again to continue\.\n$/);
    expect(stderr).not.toContain('EPIPE');
    // The same where the lines for people are cut off.
    expect((await piped('run pets.yaml 2>&1 | head -n 1')).code).toBe(130);
  });

  test('does not break a plan', async () => {
    await project.addPets('pictures', 12);
    await project.write('pets.yaml', pipelineText());
    const { code, stderr } = await piped('plan pets.yaml | head -n 1');
    expect([code, stderr]).toEqual([0, '']);
  });
});
