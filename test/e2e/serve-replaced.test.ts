/** A model that is replaced while it is served: facts, scores and the page's files stay those of one model. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PredictionLine } from '../../src/core/prediction.js';
import type { ServedFacts } from '../../src/model/served-facts.js';
import { pipelineText, Project } from './rig.js';
import { Serving } from './serving.js';

const CAT = 'pictures/cats/cat-001.jpg';

let project: Project;
/** Scores of both models for the image, as `predict` prints them. */
const scores: Record<string, unknown> = {};

beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 6);
  await project.write('pets.yaml', pipelineText({ train: 'epochs: 1' }));
  await project.run('pets.yaml', '--set', 'stages.export.to=made/pets');
  // The same animals under other names, at another size.
  await rename(project.path('pictures/cats'), project.path('pictures/felines'));
  await project.run('pets.yaml', '--set', 'stages.export.to=made/other', '--set', 'stages.ingest.image.size=[48,48]');
  await rename(project.path('pictures/felines'), project.path('pictures/cats'));
  for (const name of ['pets', 'other']) {
    const { stdout, stderr } = await project.command('predict', `made/${name}`, CAT, '--json');
    expect(stderr).toBe('1 image\n');
    scores[name] = (JSON.parse(stdout) as PredictionLine).scores;
  }
}, 120_000);
afterAll(() => project.remove());
beforeEach(async () => {
  await rm(project.path('models'), { recursive: true, force: true });
  await cp(project.path('made/pets'), project.path('models/pets'), { recursive: true });
});

const replace = async (): Promise<void> => {
  await rename(project.path('models/pets'), project.path('models/.old'));
  await cp(project.path('made/other'), project.path('models/pets'), { recursive: true });
};

async function ask({ url }: Serving): Promise<{ facts: ServedFacts; status: number; scores: unknown; id: unknown }> {
  const facts = (await (await fetch(`${url}api/model`)).json()) as ServedFacts;
  const body = await readFile(project.path(CAT));
  const answer = await fetch(`${url}api/predict`, { method: 'POST', body });
  const line = (await answer.json()) as Record<string, unknown>;
  return { facts, status: answer.status, scores: line['scores'] ?? line['error'], id: answer.headers.get('x-model') };
}

test('the server keeps the model that it loaded, and says so once', async () => {
  const serving = await Serving.start(project, 'models/pets');
  try {
    const before = await ask(serving);
    expect(before).toMatchObject({ status: 200, scores: scores['pets'], id: before.facts.id });
    expect(before.facts).toMatchObject({ classes: ['cats', 'dogs'], image: { size: [32, 32] } });
    await replace();
    expect(await ask(serving)).toEqual(before);
    const file = await fetch(`${serving.url}model/model.json`);
    expect([file.status, await file.json()]).toEqual([
      409,
      {
        code: 'model-replaced',
        error: 'the model was replaced while the server is running; restart it to use the new model',
      },
    ]);
    expect(serving.output.match(/was replaced/g)).toHaveLength(1);
    expect(serving.output).toMatch(
      /was replaced while the server is running, which keeps using the model that it loaded\n.*restart the server to use the new model/,
    );
  } finally {
    await serving.interrupt();
  }
}, 60_000);

test('a model whose process ends does not turn into the other one', async () => {
  const serving = await Serving.start(project, 'models/pets');
  try {
    const before = await ask(serving);
    await replace();
    const pid = Number(spawnSync('ps', ['-o', 'pid=', '--ppid', String(serving.pid)], { encoding: 'utf8' }).stdout);
    process.kill(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const found = { status: 503, scores: 'the model was replaced while the server was running; restart the server' };
    for (let i = 0; i < 4; i++) expect(await ask(serving)).toMatchObject({ ...found, facts: before.facts });
    expect(serving.output).toContain('the process that had loaded it ended');
  } finally {
    await serving.interrupt();
  }
  const restarted = await Serving.start(project, 'models/pets');
  try {
    const after = await ask(restarted);
    expect(after).toMatchObject({ status: 200, scores: scores['other'], id: after.facts.id });
    expect(after.facts).toMatchObject({ classes: ['dogs', 'felines'], image: { size: [48, 48] } });
  } finally {
    await restarted.interrupt();
  }
}, 60_000);

test('a model whose swap was cut off is served after it is moved back', async () => {
  const aside = project.path('models/.pets.0000aaaa-1-77-1-0');
  await cp(project.path('made/other'), join(aside, 'new'), { recursive: true });
  await rename(project.path('models/pets'), join(aside, 'old'));
  const serving = await Serving.start(project, 'models/pets');
  try {
    expect(await ask(serving)).toMatchObject({ status: 200, scores: scores['pets'] });
    expect(serving.output).toContain('restored models/pets: an earlier run was stopped while it replaced the model');
  } finally {
    await serving.interrupt();
  }
}, 60_000);
