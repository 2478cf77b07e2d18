/** `run --workers` and `pipeline worker`: the same results as one process alone, and each image extracted once. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pipelineText, Project } from '../e2e/rig.js';
import { outputsOf, Team, withoutRedis } from './rig.js';

const real = withoutRedis === undefined ? test : test.skip;
let team: Team;
let alone: Project;

beforeAll(async () => {
  if (withoutRedis !== undefined) return;
  team = await Team.create();
  alone = await Project.create();
  await alone.addPets('pictures', 24);
  await alone.write('pets.yaml', pipelineText());
});
afterAll(async () => {
  await team?.remove();
  await alone?.remove();
});

real(
  'two workers do the work of a run: same digests, each row once, nothing computed by the one who runs',
  async () => {
    const one = team.startWorker();
    const two = team.startWorker();
    await Promise.all([one.until('ready'), two.until('ready')]);
    const [run, expected] = [await team.run('--job-size', '8'), await alone.run()];
    expect([run.code, run.named('ran')]).toEqual([0, expected.named('ran')]);
    expect(run.metrics).toEqual(expected.metrics);
    expect(await outputsOf(team.project)).toEqual(await outputsOf(alone));
    expect(run.stage('train').features).toEqual({ extracted: 0, reused: 48 });
    const rows = await team.rows();
    expect([rows.size, Math.max(...rows.values())]).toEqual([48, 1]);
    const done = [one, two].map(({ lines }) => lines.filter(({ event }) => event === 'job-done'));
    expect(done.flat().reduce((sum, { pictures }) => sum + Number(pictures), 0)).toBe(48);
    expect(done.every((jobs) => jobs.length > 0)).toBe(true);
    const workers = run.events.flatMap((event) => ('worker' in event ? [event.worker] : []));
    expect(new Set(workers)).toEqual(new Set(['worker-1', 'worker-2']));
  },
);
