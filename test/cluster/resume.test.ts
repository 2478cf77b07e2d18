/** A training whose worker is killed continues from its checkpoint on another machine, to the same bytes. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { pipelineText, Project } from '../e2e/rig.js';
import { outputsOf, Team, withoutRedis } from './rig.js';

const reason = withoutRedis === undefined ? '' : ` (skipped: ${withoutRedis})`;
const real = withoutRedis === undefined ? test : test.skip;
const train = 'epochs: 150';

/** Whether unfinished work is where another machine can find it. */
function isShared(place: string): boolean {
  const folder = join(place, 'v1', 'checkpoints');
  return existsSync(folder) && readdirSync(folder).length > 0;
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
    const epochs: number[] = [];
    const { code, stderr, events } = await team.project.runDoing(
      (event) => event.event === 'epoch' && event.epoch >= 3 && isShared(team.place),
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
