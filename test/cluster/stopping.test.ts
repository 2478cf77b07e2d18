/** What schedulers do with a worker: ask for its health, and stop it with SIGTERM. */
import { expect, test } from '@jest/globals';
import { freePort } from '../free-port.js';
import { Team, withoutRedis } from './rig.js';

const reason = withoutRedis === undefined ? '' : ` (skipped: ${withoutRedis})`;
const real = withoutRedis === undefined ? test : test.skip;

real(`health, readiness, metrics; SIGTERM hands the job back, and another worker does it${reason}`, async () => {
  const team = await Team.create(12, { train: 'epochs: 2000' });
  try {
    const port = await freePort();
    const first = team.startWorker('--http', `127.0.0.1:${port}`, '--drain-seconds', '1');
    await first.until('ready');
    const ask = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return [answer.status, await answer.text()] as const;
    };
    expect(await ask('/healthz')).toEqual([200, 'ok\n']);
    expect(await ask('/readyz')).toEqual([200, 'ready\n']);
    expect((await ask('/else'))[0]).toBe(404);
    let metrics = '';
    const { code } = await team.project.runDoing(
      (event) => event.event === 'epoch',
      async () => {
        metrics = (await ask('/metrics'))[1];
        first.signal('SIGTERM');
        team.startWorker();
      },
      'pets.yaml',
      ...['--workers', team.redis.address],
    );
    expect(code).toBe(0);
    expect(metrics).toContain('pipeline_images_total 24');
    expect(metrics).toContain('pipeline_jobs_active 1');
    expect(await first.ended()).toBe(130);
    const events = first.lines.map(({ event }) => event);
    expect(events.slice(events.indexOf('draining'))).toEqual(expect.arrayContaining(['job-handed-back', 'stopped']));
  } finally {
    await team.remove();
  }
});
