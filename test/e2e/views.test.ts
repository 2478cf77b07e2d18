/** Views of training images: extracted when an epoch first needs them, kept, and shared; and features of half precision. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipelineText, Project } from './rig.js';

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 8);
});
afterAll(() => project.remove());

/** The small pipeline with an augment stage before training. */
function withViews(views: number | 'online', epochs: number): string {
  const augment = `augment:
    horizontal_flip: true
    rotation_range: 15
    views: ${views}
  load-base:`;
  return pipelineText({ train: `data: augment\n    epochs: ${epochs}` })
    .replace('load-base:', augment)
    .replace('build-head:', 'build-head:\n    data: ingest')
    .replace('evaluate: {}', 'evaluate:\n    data: ingest')
    .replace('to: models/pets', 'to: models/pets\n    data: ingest');
}

/** Training images, those for validation, and what the train stage did, of one run. */
async function train(views: number | 'online', epochs: number) {
  await project.write('views.yaml', withViews(views, epochs));
  const run = await project.run('views.yaml');
  expect([run.code, run.state]).toEqual([0, 'ok']);
  const { counts } = JSON.parse(await project.read('.pipeline/out/views/ingest/summary.json'));
  const sum = (row: Record<string, number>) => Object.values(row).reduce((total, count) => total + count, 0);
  const notes = run.events.flatMap((event) => (event.event === 'note' ? [event.code] : []));
  return {
    images: sum(counts.train),
    validation: sum(counts.validation),
    features: run.stage('train').features!,
    notes,
  };
}

describe('views', () => {
  test('of four views two epochs extract two; validation images are extracted once, as they are', async () => {
    const { images, validation, features, notes } = await train(4, 2);
    expect(images).toBeGreaterThan(0);
    expect(features).toEqual({ extracted: 2 * images + validation, reused: 0 });
    expect(notes).not.toContain('views-repeat');
  });

  test('more epochs extract the views that are new to them, and begin again after the last', async () => {
    const { images, validation, features, notes } = await train(4, 6);
    expect(features).toEqual({ extracted: 2 * images, reused: 2 * images + validation });
    expect(notes).toContain('views-repeat');
  });

  test('six views instead of four extract two more, not six', async () => {
    const { images, validation, features, notes } = await train(6, 6);
    expect(features).toEqual({ extracted: 2 * images, reused: 4 * images + validation });
    expect(notes).not.toContain('views-repeat');
  });

  test('online views are extracted in every epoch, and again in the next run', async () => {
    const first = await train('online', 3);
    expect(first.features).toEqual({ extracted: 3 * first.images, reused: first.validation });
    const second = await train('online', 4);
    expect(second.features).toEqual({ extracted: 4 * first.images, reused: first.validation });
  });
});

describe('float16 features', () => {
  /** Bytes of all packs of the sets whose key is not in `before`. */
  async function packBytes(before: ReadonlySet<string>): Promise<number> {
    const folder = project.path('.pipeline', 'cache', 'v1', 'features');
    let bytes = 0;
    for (const set of await readdir(folder)) {
      if (before.has(set)) continue;
      for (const name of await readdir(join(folder, set)))
        if (name.endsWith('.pack')) bytes += (await stat(join(folder, set, name))).size;
    }
    return bytes;
  }
  const sets = async () => new Set(await readdir(project.path('.pipeline', 'cache', 'v1', 'features')).catch(() => []));
  // Rows of many numbers, so that keys and headers weigh little.
  const wide = (dtype: string) =>
    pipelineText({ more: `features: {dtype: ${dtype}}\n` })
      .replace('- global_average_pooling', '- flatten')
      .replace('models/pets', 'models/wide');

  test('take half the space at a cost that evaluate reports', async () => {
    const other = await sets();
    await project.write('wide.yaml', wide('float32'));
    const single = await project.run('wide.yaml');
    const singleBytes = await packBytes(other);
    const before = await sets();
    await project.write('wide.yaml', wide('float16'));
    const half = await project.run('wide.yaml');
    const halfBytes = await packBytes(before);
    expect([single.code, half.code]).toEqual([0, 0]);

    expect(half.stage('train').features).toEqual(single.stage('train').features);
    expect(half.stage('evaluate').features!.extracted).toBe(0);
    expect(halfBytes / singleBytes).toBeGreaterThan(0.45);
    expect(halfBytes / singleBytes).toBeLessThan(0.6);
    expect(Math.abs(half.metrics.evaluate.loss - single.metrics.evaluate.loss)).toBeLessThan(0.01);

    const metrics = JSON.parse(await project.read('.pipeline/out/wide/evaluate/metrics.json'));
    expect(metrics.half_precision).toMatchObject({ samples: metrics.samples, changed_predictions: 0 });
    // Rounded features give other scores, by little more than the resolution of eleven bits.
    expect(metrics.half_precision.score_difference).toBeGreaterThan(0);
    expect(metrics.half_precision.score_difference).toBeLessThan(0.005);
    expect(half.events.filter((event) => event.event === 'note' && event.code === 'half-precision')).toHaveLength(1);
  });
});
