/** A base in 8-bit integers, from the file to the exported model. */
import { afterEach, expect, test } from '@jest/globals';
import type { Project } from '../e2e/rig.js';
import { projectWithBase } from './with-base.js';

let project: Project;
afterEach(() => project.remove());

test('it is computed in integers, measured against float32, and exported as it was measured', async () => {
  project = await projectWithBase('architecture: compact32\n    precision: int8', 12);
  // Nothing is known of the base before it runs, and a plan says so without looking at images.
  expect((await project.command('plan', 't.yaml')).code).toBe(0);
  const run = await project.run('t.yaml');
  expect(run.code).toBe(0);
  const { int8 } = JSON.parse(await project.read('.pipeline/out/t/evaluate/metrics.json'));
  expect(int8).toMatchObject({ samples: expect.any(Number), layer: expect.stringMatching(/^\w+$/) });
  expect(int8.score_difference).toBeLessThan(0.1);
  const noted = run.events.flatMap((event) => (event.event === 'note' && /^int8/.test(event.code) ? event.text : []));
  expect(noted[0]).toMatch(/^\d+ layers in 8-bit integers, ranges from \d+ training images; \w+ loses most/);
  expect(noted[1]).toMatch(/^base in 8-bit integers: accuracy .* \(float32: /);

  const predicted = await project.command('predict', 'models/pets', 'pictures/cats', '--json');
  expect(predicted.code).toBe(0);
  expect((await project.run('t.yaml')).named('fresh')).toHaveLength(run.stages.length);
  // Of the base in float32, the images that were compared are there already.
  const exact = await project.run('t.yaml', '--set', 'stages.load-base.precision=float32');
  expect(exact.stage('train').features!.reused).toBe(int8.samples);
});

test('what needs its layers is refused, by name', async () => {
  project = await projectWithBase('architecture: compact32\n    precision: int8');
  const refused = async (set: string) => (await project.command('plan', 't.yaml', '--set', set)).stderr;
  expect(await refused('stages.export.formats=[tfjs]')).toMatch(/or in 8-bit integers, cannot be exported as `tfjs`/);
  expect(await refused('stages.freeze.layers=none')).toMatch(/computed in 8-bit integers .* cannot be trained/s);
  expect(await refused('engine=tfjs')).toMatch(/cannot run the base `load-base` .* 8-bit integers/s);
});
