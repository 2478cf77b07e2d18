/**
 * Any part ends or stops at any time: workers, Redis, the one who runs. The run still gives what one process alone gives,
 * and an image is extracted at most once more for each disturbance.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PrintedEvent } from '../../src/commands/event-stream.js';
import { pipelineText, Project } from '../e2e/rig.js';
import { cases, print, randomOf, seed } from '../reliability/scale.js';
import { outputsOf, Team, withoutRedis, type WorkerProcess } from './rig.js';

const DISTURBANCES = 3;
const RUNS = Math.ceil(cases(6, 200) / DISTURBANCES);
const WITHIN_MS = 2500;
/** Longer than the lock of a job in these tests. */
const STOPPED_MS = 4500;
const IMAGES = 24;

const kinds = ['kill worker', 'stop worker', 'kill redis', 'kill run'] as const;
const reason = withoutRedis === undefined ? '' : ` (skipped: ${withoutRedis})`;
const suite = withoutRedis === undefined ? describe : describe.skip;

suite(`disturbed runs${reason}`, () => {
  let alone: Project;
  let expected: Record<string, unknown>;
  let done = 0;

  beforeAll(async () => {
    alone = await Project.create();
    await alone.addPets('pictures', IMAGES);
    await alone.write('pets.yaml', pipelineText());
    expect((await alone.run()).code).toBe(0);
    expected = await outputsOf(alone);
  });
  afterAll(async () => {
    await alone.remove();
    print(`${done} runs with workers, ${done * DISTURBANCES} disturbances: same digests, no run failed`);
  });

  for (let number = 0; number < RUNS; number++)
    test(`run ${number} of seed ${seed}`, async () => {
      const random = randomOf(`cluster ${number}`);
      const team = await Team.create(IMAGES);
      try {
        await disturbedRun(team, random);
        expect(await outputsOf(team.project)).toEqual(expected);
        const counts = [...(await team.rows()).values()];
        expect(counts).toHaveLength(IMAGES * 2);
        expect(Math.max(...counts)).toBeLessThanOrEqual(1 + DISTURBANCES);
        done++;
      } finally {
        await team.remove();
      }
    });
});

async function disturbedRun(team: Team, random: () => number): Promise<void> {
  const live: WorkerProcess[] = [team.startWorker(), team.startWorker()];
  let killRun: (() => void) | undefined;
  let ended = false;
  const disturb = async (): Promise<void> => {
    for (let left = DISTURBANCES; left > 0 && !ended; left--) {
      await sleep(random() * WITHIN_MS);
      const which = Math.floor(random() * live.length);
      switch (kinds[Math.floor(random() * kinds.length)]) {
        case 'kill worker':
          await live[which].kill();
          live[which] = team.startWorker();
          break;
        case 'stop worker': {
          const stopped = live[which];
          stopped.signal('SIGSTOP');
          setTimeout(() => stopped.signal('SIGCONT'), STOPPED_MS);
          break;
        }
        case 'kill redis':
          await team.redis.kill();
          await sleep(random() * 1000);
          await team.redis.restart();
          break;
        case 'kill run':
          killRun?.();
      }
    }
  };
  let disturbing: Promise<void> | undefined;
  const begins = (event: PrintedEvent): boolean => event.event === 'stage-start' && event.name === 'train';
  const args = ['--workers', team.redis.address, '--job-size', '8'];
  for (;;) {
    let killed = false;
    const outcome = await team.project.runDoing(
      begins,
      (child) => {
        killRun = () => {
          killed = true;
          child.kill('SIGKILL');
        };
        disturbing ??= disturb();
      },
      'pets.yaml',
      ...args,
    );
    if (killed) continue;
    // Redis may be gone just when a run that was killed begins again.
    if (outcome.code === 5 && outcome.stderr.includes('cannot be reached')) {
      await sleep(200);
      continue;
    }
    if (outcome.code !== 0) throw new Error(`the run ended with ${outcome.code}: ${outcome.stderr}`);
    ended = true;
    await disturbing;
    return;
  }
}
