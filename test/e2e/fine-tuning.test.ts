/** Fine-tuning of convolutions: part of the base on features kept at the cut, and all of it on the images themselves. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readModelFile } from '../../src/model/read-model.js';
import { pipelineText, Project, repository, type RunOutcome } from './rig.js';

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 24);
});
afterAll(() => project.remove());

/** Runs the small pipeline with other layers frozen. */
async function run(layers: string, epochs: number, batchNorm = 'stored'): Promise<RunOutcome> {
  const train = `epochs: ${epochs}\n    batch_size: 8\n    optimizer: {adam: {learning_rate: 0.002}}`;
  const text = pipelineText({ train })
    .replace('layers: all', `layers: ${layers}\n    batch_norm: ${batchNorm}`)
    .replace('{rate: 0.5}', '{rate: 0}');
  await project.write('tuned.yaml', text);
  const outcome = await project.run('tuned.yaml');
  expect([outcome.code, outcome.state]).toEqual([0, 'ok']);
  expect(outcome.events.flatMap((event) => (event.event === 'note' ? [event.code] : []))).not.toContain(
    'engine-fallback',
  );
  return outcome;
}

const losses = (outcome: RunOutcome): number[] =>
  outcome.events.flatMap((event) => (event.event === 'epoch' ? [event.metrics['loss']!] : []));

async function featureSets(): Promise<string[]> {
  return readdir(project.path('.pipeline/cache/v1/features')).catch(() => []);
}

/** Whether a weight of the exported model is that of the embedded base. */
async function exportedAsItCame(weight: string): Promise<boolean> {
  const [base, exported] = await Promise.all(
    [join(repository, 'examples/base/model.json'), project.path('models/pets/model.json')].map((path) =>
      readModelFile(path),
    ),
  );
  const [before, after] = [base, exported].map(({ weights }) => weights.get(weight)!.data);
  expect(after).toHaveLength(before.length);
  return before.every((value, i) => value === after[i]);
}

describe('from a block on', () => {
  test('trains it on features that are extracted once, at the cut before its shortcut', async () => {
    const first = await run('{until: block9_conv}', 4);
    const { extracted } = first.stage('train').features!;
    expect(first.stage('train').features).toEqual({ extracted: 48, reused: 0 });
    expect(losses(first).at(-1)!).toBeLessThan(losses(first)[0] * 0.8);
    // The cut is before block 9, whatever epochs and batches are: nothing is extracted again, not by evaluate either.
    const longer = await run('{until: block9_conv}', 5);
    expect(longer.stage('train').features).toEqual({ extracted: 0, reused: extracted });
    expect(longer.stage('evaluate').features!.extracted).toBe(0);
    // Freezing less within the block asks for the same features.
    const deeper = await run('{until: block9_depthwise}', 1);
    expect(deeper.stage('train').features).toEqual({ extracted: 0, reused: extracted });
    expect(await featureSets()).toHaveLength(1);
  });
});

describe('of the whole base', () => {
  test('reads images in every epoch and keeps no features', async () => {
    const before = await featureSets();
    const outcome = await run('none', 3);
    const { extracted } = outcome.stage('train').features!;
    const { counts } = JSON.parse(await project.read('.pipeline/out/tuned/ingest/summary.json')) as {
      counts: Record<string, Record<string, number>>;
    };
    const [training, validation] = ['train', 'validation'].map((split) =>
      Object.values(counts[split]).reduce((sum, count) => sum + count),
    );
    expect(extracted).toBe(3 * (training + validation));
    expect(losses(outcome).at(-1)!).toBeLessThan(losses(outcome)[0]);
    expect(await featureSets()).toEqual(before);
    expect(await exportedAsItCame('stem_conv/kernel')).toBe(false);
    expect(await exportedAsItCame('stem_bn/moving_mean')).toBe(true);
  });

  test('lets statistics follow the batches where that is asked for', async () => {
    await run('none', 1, 'batch');
    expect(await exportedAsItCame('stem_bn/moving_mean')).toBe(false);
  });
});
