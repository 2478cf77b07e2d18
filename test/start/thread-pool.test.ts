import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sizeThreadPool } from '../../src/start/thread-pool.js';
import { repository } from '../e2e/rig.js';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'pipeline-pool-'))));
afterEach(() => rm(folder, { recursive: true }));

test('the pool has as many threads as there are cores, unless the environment says how many', () => {
  const sized = (env: NodeJS.ProcessEnv, cores: number): string | undefined => {
    sizeThreadPool(env, cores);
    return env.UV_THREADPOOL_SIZE;
  };
  expect([sized({}, 2), sized({}, 4), sized({}, 16), sized({}, 128)]).toEqual([undefined, undefined, '16', '64']);
  expect(sized({ UV_THREADPOOL_SIZE: '3' }, 16)).toBe('3');
});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('it is sized before the pool starts (skipped without /proc)', async () => {
  const claim = join(folder, 'claim.cjs');
  await writeFile(
    claim,
    `const { readdirSync, readFile } = require('node:fs');
    const count = () => readdirSync('/proc/self/task').length;
    require('node:os').availableParallelism = () => Number(process.env.CLAIMED);
    process.once('beforeExit', () => readFile(__filename, () => console.log('threads', count())));`,
  );
  const threadsOn = (cores: number): number => {
    const words = ['--require', claim, join(repository, 'dist/cli.cjs'), 'status', '--help'];
    const env = { ...process.env, UV_THREADPOOL_SIZE: undefined, CLAIMED: String(cores) };
    const printed = execFileSync(process.execPath, words, { encoding: 'utf8', cwd: folder, env });
    return Number(/threads (\d+)/.exec(printed)![1]);
  };
  expect(threadsOn(16) - threadsOn(4)).toBe(12);
});
