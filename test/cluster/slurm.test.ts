/** deploy/slurm on a real Slurm: an array that shares the work, and the run after it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipelineText, Project, repository } from '../e2e/rig.js';
import { outputsOf, rowsOf } from './rig.js';
import { noSlurm, startSlurm, type Slurm } from './slurm.js';

const describeSlurm = noSlurm === undefined ? describe : describe.skip;
const TASKS = 4;

describeSlurm(`Slurm${noSlurm === undefined ? '' : ` (${noSlurm})`}`, () => {
  let folder: string;
  let slurm: Slurm;
  let [alone, project]: Project[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pipeline-slurm-'));
    [slurm, alone, project] = await Promise.all([startSlurm(folder, 2 * TASKS), Project.create(), Project.create()]);
    const more = 'matrix:\n  epochs: {field: stages.train.epochs, values: [1, 2]}\n';
    for (const one of [alone, project]) {
      await one.addPets('pictures', 24);
      await one.write('pets.yaml', pipelineText({ more }));
    }
  }, 60_000);
  afterAll(async () => {
    await slurm?.stop();
    await Promise.all([alone, project].map((one) => one?.remove()));
    await rm(folder, { recursive: true, force: true });
  });

  test('an array of four, and the run after it, give the outputs of one process', async () => {
    // Pieces small enough for all.
    const command = join(folder, 'pipeline');
    const more = '$([ "$1" = worker ] && echo --job-size 4)';
    const cli = join(repository, 'dist/cli.js');
    await writeFile(command, `#!/bin/bash\nexec "${process.execPath}" "${cli}" "$@" ${more}\n`, { mode: 0o755 });
    const shared = join(folder, 'shared');
    await mkdir(shared);
    const env = { ...slurm.env, PIPELINE: command, PIPELINE_REMOTE: shared, TMPDIR: folder };
    const submit = [join(repository, 'deploy/slurm/submit.sh'), 'pets.yaml', String(TASKS), '--mem=1G'];
    const said = execFileSync('bash', submit, { cwd: project.root, env, encoding: 'utf8' });
    const [, array, run] = /^array (\d+), then run (\d+)$/m.exec(said) ?? [];
    const states = await slurm.ended(array);
    const logs = await Promise.all(states.map((_, index) => project.read(`pipeline-${array}-${index}.log`)));
    expect([states, logs.join('')]).toEqual([Array(TASKS).fill('COMPLETED'), expect.stringContaining('"shards":4')]);
    expect(logs.map((log) => /"shard":(\d)/.exec(log)?.[1])).toEqual(['0', '1', '2', '3']);
    expect(await slurm.ended(run)).toEqual(['COMPLETED']);
    const rows = await rowsOf(shared);
    expect([rows.size, Math.max(...rows.values())]).toEqual([48, 1]);
    // The run found all but the exports.
    expect(await project.read(`pipeline-run-${run}.log`)).toMatch(/restored/);
    expect((await alone.run()).code).toBe(0);
    expect(await outputsOf(project)).toEqual(await outputsOf(alone));
  }, 240_000);
});
