/**
 * Every shipped pipeline runs, at a small size where it wants downloads, and a second time does nothing. What other suites
 * run as it is shipped (`main-job` and `mirror`) runs here in the long suite only.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isLong } from '../reliability/scale.js';
import { Project, repository } from './rig.js';

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 16);
  await cp(join(repository, 'pipelines'), project.path('pipelines'), { recursive: true });
});
afterAll(() => project.remove());

const small = [
  'stages.ingest.source=pictures',
  'stages.ingest.image.size=[32, 32]',
  'stages.train.epochs=2',
  'stages.ingest.split.validation=0.3',
];
const base = 'stages.load-base={architecture: compact32}';
const changes: Readonly<Record<string, readonly string[]>> = {
  'base-imagenet32.yaml': ['stages.evaluate.minimum.accuracy=0', 'stages.train.warmup_epochs=0.5'],
  'quickstart.yaml': ['stages.evaluate.minimum.accuracy=0'],
  'cats-dogs.yaml': ['stages.load-base.weights=random', 'stages.evaluate.minimum.accuracy=0'],
  'cats-dogs-finetune.yaml': [base, 'stages.fine-tune.freeze.until=top_conv', 'stages.fine-tune.epochs=1'],
  'cats-dogs-mobilenet.yaml': [base],
  'photos.yaml': [base, 'stages.build-head.layers=[global_average_pooling, classifier]'],
  'sweep.yaml': [],
};

describe('shipped pipelines', () => {
  test('each is tried here', async () => {
    expect(
      (await readdir(join(repository, 'pipelines'))).filter((name) => /(?<!\.lock)\.yaml$/.test(name)).sort(),
    ).toEqual(Object.keys(changes).sort());
  });

  const elsewhere = ['quickstart.yaml', 'cats-dogs.yaml'];
  test.each(Object.entries(changes).filter(([file]) => isLong || !elsewhere.includes(file)))(
    '%s',
    async (file, own) => {
      const set = [...small, ...own].flatMap((value) => ['--set', value]);
      const first = await project.run(`pipelines/${file}`, ...set);
      expect([first.code, first.state]).toEqual([0, 'ok']);
      const second = await project.run(`pipelines/${file}`, ...set);
      expect(second.named('fresh')).toHaveLength(first.stages.length);
    },
  );
});
