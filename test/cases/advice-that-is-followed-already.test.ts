import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Finding } from '../../src/core/finding.js';
import { Project } from '../e2e/rig.js';
import { addImages, pipeline } from './image-folders.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
  await project.write('t.yaml', pipeline());
});
afterEach(() => project.remove());

async function imbalance(): Promise<Finding | undefined> {
  const { code, stdout } = await project.command('doctor', 't.yaml', '--json');
  expect(code).toBe(0);
  const findings = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Finding);
  return findings.find((finding) => finding.code === 'class-imbalance');
}

test('doctor advises what the pipeline does not do yet', async () => {
  await addImages(project, 'data/red', 30);
  await addImages(project, 'data/blue', 6);
  expect(await imbalance()).toMatchObject({
    level: 'warning',
    remedy: 'set `class_weight: balanced` in `train`, or add images',
  });
  await project.write('t.yaml', pipeline('source: data', 'epochs: 1, class_weight: balanced'));
  const followed = await imbalance();
  expect(followed).toMatchObject({
    level: 'note',
    text: 'red has 24 training images, blue 5; `class_weight` compensates for it',
  });
  expect(followed).not.toHaveProperty('remedy');
  await project.write(
    't.yaml',
    `${pipeline('source: data', 'epochs: 1, class_weight: {blue: 5}')}  tune: {uses: train, from: train, data: ingest, epochs: 1}\n`,
  );
  expect(await imbalance()).toMatchObject({
    level: 'warning',
    remedy: 'set `class_weight: balanced` in `tune`, or add images',
  });
});
