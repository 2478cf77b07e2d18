/** What a plan estimates about images, disk and time, compared with the run that follows. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Estimate } from '../../src/core/estimate.js';
import { pipelineText, Project, type RunOutcome } from './rig.js';

let project: Project;
const varied = pipelineText({ train: 'epochs: 3' }).replace(
  'ingest:',
  'augment: {horizontal_flip: true, rotation_range: 10, views: 2}\n  ingest:',
);

beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 24);
  await project.write('pets.yaml', varied);
});
afterAll(() => project.remove());

async function estimateOf(...args: string[]): Promise<Estimate> {
  const { stdout } = await project.command('plan', 'pets.yaml', '--json', ...args);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string });
  expect(lines.slice(0, -1).every(({ event }) => event === 'plan')).toBe(true);
  expect(lines.at(-1)!.event).toBe('estimate');
  return lines.at(-1) as unknown as Estimate;
}

/** Sizes of all packs of features. */
async function packs(): Promise<number[]> {
  const folder = project.path('.pipeline/cache/v1/features');
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  return Promise.all(
    files.filter((name) => name.endsWith('.pack')).map(async (name) => (await stat(join(folder, name))).size),
  );
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const extracted = (run: RunOutcome): number => sum(run.stages.map(({ features }) => features?.extracted ?? 0));
const reused = (run: RunOutcome): number => sum(run.stages.map(({ features }) => features?.reused ?? 0));
/** Header and footer of a pack. */
const PACK_OVERHEAD = 112;

describe('before the first run', () => {
  test('images and bytes are what the run then makes, and nothing is kept', async () => {
    const estimate = await estimateOf();
    expect(estimate).toMatchObject({ exact: true, fits: true, unknown: [] });
    expect(estimate.unmeasured).toEqual(['train']);
    // Digests of the images are remembered, and nothing else.
    expect(await readdir(project.path('.pipeline/cache/v1'))).toEqual(['made-here.json', 'tmp']);
    const run = await project.run();
    expect([run.code, extracted(run)]).toEqual([0, estimate.extract]);
    // Evaluation finds what training has made of the validation pictures.
    expect(estimate.stages.map(({ name, extract }) => [name, extract])).toEqual([
      ['train', estimate.extract],
      ['evaluate', 0],
    ]);
    expect(reused(run)).toBe(estimate.reused);
    const sizes = await packs();
    expect(Math.abs(sum(sizes) - estimate.bytes)).toBeLessThanOrEqual(PACK_OVERHEAD * sizes.length);
  });

  test('people read the same', async () => {
    const other = await project.command('plan', 'pets.yaml', '--set', 'stages.augment.rotation_range=20');
    expect(other.stdout).toMatch(
      /\nfeatures {2}\d+ to extract, one per image and view; \d+ reused\ndisk {6}[\d,.]+ (B|kB|MB) of features; [\d.]+ GB free\ntime {6}about [\d.]+ s\n$/,
    );
  });
});

describe('after it', () => {
  test('only what is new counts, at the rate that was measured', async () => {
    const more = ['--set', 'stages.augment.views=3'];
    const estimate = await estimateOf(...more);
    expect(estimate).toMatchObject({ exact: true, unmeasured: [] });
    expect(estimate.ms).toBeGreaterThan(0);
    const before = sum(await packs());
    const run = await project.run('pets.yaml', ...more);
    expect(extracted(run)).toBe(estimate.extract);
    expect(reused(run)).toBe(estimate.reused);
    expect(sum(await packs()) - before).toBeGreaterThanOrEqual(estimate.bytes - PACK_OVERHEAD * 4);
  });

  test('a selection costs what the whole would at these stages: what it reads is known', async () => {
    const set = ['--set', 'stages.train.epochs=7'];
    const whole = await estimateOf(...set);
    const { code, stdout } = await project.command(
      'run',
      'pets.yaml',
      '--only',
      'train',
      '--dry-run',
      '--json',
      ...set,
    );
    const [planned, estimate] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect([code, planned.name, planned.state]).toEqual([0, 'train', 'stale']);
    expect(estimate).toMatchObject({ exact: true, unknown: [], stages: [whole.stages[0]] });
    expect(whole.stages[0].reused).toBeGreaterThan(0);
  });

  test('nothing is estimated if nothing is left to do', async () => {
    const { stdout } = await project.command('plan', 'pets.yaml', '--set', 'stages.augment.views=3');
    expect(stdout).toMatch(/nothing to do\n$/);
    expect(stdout).not.toContain('features');
  });

  test('half the bytes as float16; less may be asked for where training may stop early', async () => {
    const full = await estimateOf('--set', 'stages.ingest.image.size=[64, 64]');
    const half = await estimateOf('--set', 'stages.ingest.image.size=[64, 64]', '--set', 'features.dtype=float16');
    expect(half.extract).toBe(full.extract);
    const head = full.extract * (72 + 36);
    expect((half.bytes - head) / (full.bytes - head)).toBeCloseTo(0.5, 1);
    expect(
      (
        await estimateOf(
          '--set',
          'stages.train.early_stopping={patience: 1}',
          '--set',
          'stages.augment.rotation_range=15',
        )
      ).exact,
    ).toBe(false);
  });

  test('--measure estimates a time for a base that never ran here', async () => {
    const other = ['--set', 'stages.ingest.image.size=[48, 48]'];
    const before = await estimateOf(...other);
    expect([before.stages[0].extractionMs, before.unmeasured]).toEqual([undefined, ['train']]);
    const measured = await estimateOf(...other, '--measure');
    expect(measured.stages[0].extractionMs).toBeGreaterThan(0);
    // It is remembered, and no feature was kept.
    expect((await estimateOf(...other)).stages[0].extractionMs).toBe(measured.stages[0].extractionMs);
    expect(measured.extract).toBe(before.extract);
  });
});

describe('what is not available', () => {
  test('weights that are to be fetched leave an upper bound, and the size of a row', async () => {
    await project.write(
      'pets.yaml',
      varied.replace('architecture: compact32', 'architecture: vgg16').replace('[32, 32]', '[64, 64]'),
    );
    const estimate = await estimateOf();
    const { extract } = estimate;
    expect(estimate).toMatchObject({ exact: false, unknown: [] });
    // 512 numbers an image, averaged over the places of the last layer.
    expect(estimate.bytes).toBe(extract * (512 * 4 + 72 + 36) + PACK_OVERHEAD * 2);
  });

  test('images that are to be fetched, or that a run would refuse, are named', async () => {
    await project.write(
      'pets.yaml',
      varied.replace('source: pictures', `source: {url: "https://pets.invalid/pets.zip", sha256: ${'ab'.repeat(32)}}`),
    );
    const { stdout } = await project.command('plan', 'pets.yaml');
    expect(stdout).toMatch(/\nunknown {3}ingest: https:\/\/pets\.invalid\/pets\.zip: is not downloaded yet/);
    await project.write('bad/cats/a.jpg', 'no picture');
    await project.write('bad/dogs/b.jpg', 'no picture');
    await project.write('pets.yaml', varied.replace('source: pictures', 'source: bad'));
    expect(await project.command('plan', 'pets.yaml')).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(
        /a\.jpg: is not an image [^]*b\.jpg: is not an image [^]*-> fix or remove the files/,
      ),
    });
  });
});
