/** What is wrong with Redis, the shared cache or the keys is reported before any work begins. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipelineText, Project } from '../e2e/rig.js';
import { RedisServer, withoutRedis } from './rig.js';

const reason = withoutRedis === undefined ? '' : ` (skipped: ${withoutRedis})`;
const real = withoutRedis === undefined ? test : test.skip;
let project: Project;

beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 6);
  await project.write('pets.yaml', pipelineText());
});
afterAll(() => project.remove());

const run = (address: string) => project.command('run', 'pets.yaml', '--workers', address);
const worker = (address: string) => project.command('worker', address);

test('without a shared cache, both say how to configure one', async () => {
  for (const outcome of [await run('redis://127.0.0.1:1'), await worker('redis://127.0.0.1:1')]) {
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain('needs a cache that all machines share, and none is configured');
    expect(outcome.stderr).toContain('PIPELINE_REMOTE');
  }
});

test('a shared cache that is not there is reported by a run and by a share, and nobody waits for it', async () => {
  project.environment.PIPELINE_REMOTE = project.path('nowhere');
  for (const outcome of [
    await run('redis://127.0.0.1:1'),
    await project.command('worker', 'pets.yaml', '--shard', '0/2'),
  ])
    expect([outcome.code, outcome.stderr]).toEqual([
      5,
      expect.stringMatching(/nowhere: cannot be reached \(.*this folder does not exist/),
    ]);
});

test('an address that is none, a server that does not answer, and a trust file without a key', async () => {
  project.environment.PIPELINE_REMOTE = project.path('shared');
  await project.write('shared/none', '');
  for (const address of ['http://a', 'redis://']) {
    const outcome = await run(address);
    expect([outcome.code, outcome.stderr]).toEqual([2, expect.stringContaining('redis://HOST:PORT')]);
  }
  for (const outcome of [await run('redis://127.0.0.1:1'), await worker('redis://127.0.0.1:1')])
    expect([outcome.code, outcome.stderr]).toEqual([
      5,
      expect.stringContaining('redis://127.0.0.1:1: cannot be reached'),
    ]);
  const keys = 'version: 1\nkeys:\n  - name: ci\n    key: "ed25519:2mTZkP0xG0yUqB8eIhmz0GZwWcW7rYvX9u7l1b2c3d8="\n';
  await writeFile(project.path('pipeline.trust.yaml'), keys);
  project.environment.XDG_CONFIG_HOME = join(project.root, 'config');
  for (const outcome of [await run('redis://127.0.0.1:1'), await worker('redis://127.0.0.1:1')])
    expect([outcome.code, outcome.stderr]).toEqual([2, expect.stringContaining('no signing key')]);
  await project.write('pipeline.trust.yaml', 'version: 1\nkeys: []\n');
});

real(`a password that is wrong or missing is not shown${reason}`, async () => {
  const redis = await RedisServer.start();
  try {
    await redis.kill();
    await redis.restart('--requirepass', 'right');
    project.environment.PIPELINE_REMOTE = project.path('shared');
    const wrong = `redis://:secret@127.0.0.1:${redis.port}`;
    const { rm } = await import('node:fs/promises');
    await rm(project.path('pipeline.trust.yaml'), { force: true });
    for (const address of [redis.address, wrong]) {
      const outcome = await run(address);
      expect([outcome.code, outcome.stderr]).toEqual([
        5,
        expect.stringContaining('refuses the user name or the password'),
      ]);
      expect(outcome.stderr).not.toContain('secret');
    }
  } finally {
    await redis.kill();
  }
});
