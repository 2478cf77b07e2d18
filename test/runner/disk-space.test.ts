/** A run that would fill the disk is refused before it extracts anything. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { loadPipeline } from '../../src/config/load.js';
import { estimate } from '../../src/runner/preview/estimate.js';
import { execute } from '../../src/runner/execute.js';
import { plan } from '../../src/runner/plan.js';
import { openSession, type Session } from '../../src/runner/session.js';
import { stages } from '../../src/stages/index.js';
import { openStore } from '../../src/store/store.js';
import { pipelineText, Project } from '../e2e/rig.js';

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 12);
  await project.write('pets.yaml', pipelineText({ train: 'epochs: 1' }));
});
afterAll(() => project.remove());

async function sessionWith(freeBytes: number): Promise<Session> {
  const pipeline = await loadPipeline('pets.yaml', { cwd: project.root });
  const open = async (root: string) => ({
    ...(await openStore(root, { onDamage: () => undefined, tool: 'test' })),
    freeBytes: () => Promise.resolve(freeBytes),
  });
  return openSession(pipeline, stages, open, () => undefined);
}

const run = (session: Session) =>
  execute(session, {
    selected: new Set(session.graph.byName.keys()),
    forced: new Set(),
    jobs: 1,
    signal: new AbortController().signal,
  });

test('beyond 80 % of what is free, with the ways out; up to that, it runs', async () => {
  const unlimited = await sessionWith(1e12);
  const { bytes, extract } = await estimate(unlimited, await plan(unlimited));
  expect(extract).toBe(24);

  const tight = await sessionWith(bytes / 0.8 - 2);
  expect(await estimate(tight, await plan(tight))).toMatchObject({ fits: false, bytes });
  const refused = await run(tight);
  expect([refused.state, refused.failures[0].category]).toEqual(['failed', 'input-output']);
  expect(refused.failures[0].problems).toEqual([
    {
      code: 'features-exceed-disk',
      where: 'train',
      found: expect.stringMatching(/^features of 24 images need [\d.]+ kB, but only [\d.]+ k?B are free in /),
      expected: 'at most 80% of the free space',
      remedy: expect.stringMatching(/float16.*views.*PIPELINE_CACHE/),
    },
  ]);
  expect(await readdir(project.path('.pipeline/cache/v1/features')).catch(() => [])).toEqual([]);

  const roomy = await sessionWith(bytes / 0.8 + 2);
  expect((await estimate(roomy, await plan(roomy))).fits).toBe(true);
  expect((await run(roomy)).state).toBe('ok');
});
