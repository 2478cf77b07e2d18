/** An image whose reading ends the process: found by halving, then treated as a damaged one. */
import { expect, test } from '@jest/globals';
import { readdir, rename } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Team, withoutRedis } from './rig.js';

const reason = withoutRedis === undefined ? '' : ` (skipped: ${withoutRedis})`;
const real = withoutRedis === undefined ? test : test.skip;
const preload = `--import ${join(process.cwd(), 'test/cluster/lethal-image.mjs')}`;

real(`an image that ends every process is left out with \`on_bad_image: skip\`${reason}`, async () => {
  const team = await Team.create(12);
  try {
    const cats = team.project.path('pictures', 'cats');
    const [one] = await readdir(cats);
    await rename(join(cats, one), join(cats, `lethal${extname(one)}`));
    team.project.environment.NODE_OPTIONS = preload;
    team.startWorker();
    const run = await team.run('--job-size', '4', '--set', 'stages.ingest.on_bad_image=skip');
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining('ends every process that reads it')]);
    expect((await team.rows()).size).toBe(23);
  } finally {
    await team.remove();
  }
});
