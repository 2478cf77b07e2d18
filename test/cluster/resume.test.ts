/** A training whose worker is killed continues from its checkpoint on another machine, to the same bytes. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { pipelineText, Project } from '../e2e/rig.js';
import { outputsOf, Team, withoutRedis } from './rig.js';

const reason = withoutRedis === undefined ? '' : ` (skipped: ${withoutRedis})`;
const real = withoutRedis === undefined ? test : test.skip;
const train = 'epochs: 150';

/** When unfinished work was last put where another machine can find it, in milliseconds since 1970. */
function sharedAt(place: string): number {
  const folder = join(place, 'v1', 'checkpoints');
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return Math.max(0, ...files.map((file) => statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0));
}

real(`another worker continues where one was killed${reason}`, async () => {
  const team = await Team.create(12, { train });
  const alone = await Project.create();
  try {
    await alone.addPets('pictures', 12);
    await alone.write('pets.yaml', pipelineText({ train }));
    team.project.environment.PIPELINE_CHECKPOINT_SECONDS = '0';
    const first = team.startWorker();
    let killed = false;
    let second: number | undefined;
    const epochs: number[] = [];
    const { code, stderr, events } = await team.project.runDoing(
      (event) => {
        if (event.event !== 'epoch' || event.epoch < 2) return false;
        // Steps of the first epoch are kept too.
        second ??= Date.now();
        return sharedAt(team.place) > second;
      },
      async () => {
        await first.kill();
        killed = true;
        team.startWorker();
      },
      'pets.yaml',
      ...['--workers', team.redis.address],
    );
    expect([code, killed, stderr]).toEqual([0, true, expect.anything()]);
    for (const event of events) if (event.event === 'epoch' && event.worker === 'worker-2') epochs.push(event.epoch);
    expect(epochs[0]).toBeGreaterThan(1);
    expect(epochs.at(-1)).toBe(150);
    expect((await alone.run()).code).toBe(0);
    expect(await outputsOf(team.project)).toEqual(await outputsOf(alone));
  } finally {
    await Promise.all([team.remove(), alone.remove()]);
  }
});
