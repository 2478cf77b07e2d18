/** A shared cache whose server fills up or dies, and machines that are killed, or that compute the same at once. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeWithVersitygw, startVersitygw } from '../object-store/servers.js';
import { FaultyProxy } from '../object-store/faulty-proxy.js';
import { verifyShared } from '../../src/store/shared/inspect.js';
import { sealsOf } from '../../src/store/shared/seals.js';
import { cases, forEachOf, print, randomOf, seed } from './scale.js';
import { resultsOf, start, type Ended } from './small-project.js';
import { ci, leaksOf, notesIn, runWith, Team, wrongObjects, type Environment } from './team.js';

const args = ['run', 'pets.yaml', '--json'];
const RESULTS = 8;

describeWithVersitygw('a shared cache', () => {
  let team: Team;
  beforeAll(async () => {
    team = await Team.start();
  });
  afterAll(() => team.stop());

  async function expectWell(root: string, ended: Ended): Promise<void> {
    expect([ended.code, ended.stderr.match(/✘.*/)?.[0]]).toEqual([0, undefined]);
    expect(await resultsOf(root)).toEqual(team.expected);
    expect(new Set(notesIn(ended.events)).size).toBe(notesIn(ended.events).length);
    expect(await leaksOf(root, ended)).toEqual([]);
  }

  /** Everything below a prefix is whole, and signed by one who may; returns how many records there are. */
  async function recordsOf(prefix: string): Promise<number> {
    expect(await wrongObjects(team.folderOf(prefix))).toEqual([]);
    const objects = await team.server.open('writer', `s3://team-cache/${prefix}`);
    const seals = sealsOf(new Map([[ci.publicKey, 'ci']]), undefined);
    const found = await verifyShared({ objects, seals });
    expect([[...found.refused], found.incomplete]).toEqual([[], []]);
    return found.accepted.get('ci') ?? 0;
  }

  const marksOf = (root: string): Promise<string[]> =>
    readdir(join(root, '.pipeline/cache/v1/unshared'), { recursive: true }).then((names) =>
      names.filter((name) => name.length > 40),
    );

  test('has everything after runs that were killed while they uploaded', async () => {
    const random = randomOf('killed while uploading');
    let killed = 0;
    await forEachOf(
      Array.from({ length: cases(3, 40) }, (_, i) => i),
      2,
      (i) =>
        team.machine(async (root) => {
          const prefix = `killed-${i}`;
          const proxy = await FaultyProxy.start(team.server.port);
          // So slow that most of it is still to be sent when the stages are done.
          proxy.set({ kind: 'delay', ms: 150 });
          const signal = i % 2 === 0 ? 'SIGKILL' : 'SIGINT';
          const { child, ended } = start(root, args, { env: team.environment(prefix, { endpoint: proxy.endpoint }) });
          const after = 1 + Math.floor(random() * RESULTS);
          let done = 0;
          child.stdout!.on('data', (text: string) => {
            done += text.split('"event":"stage"').length - 1;
            if (done >= after) child.kill(signal);
          });
          const { code } = await ended;
          if (code !== 0) killed++;
          await proxy.stop();
          await expectWell(root, await runWith(root, team.environment(prefix)));
          expect(await recordsOf(prefix)).toBeGreaterThanOrEqual(RESULTS + 1);
          expect(await marksOf(root)).toEqual([]);
        }),
    );
    expect(killed).toBeGreaterThan(0);
    print(`${killed} runs killed while they uploaded; the next one shared what was missing`);
  }, 3_600_000);

  test('that is written by two machines at once has one whole result of each', async () => {
    const count = cases(1, 12);
    for (let i = 0; i < count; i++) {
      const prefix = `both-${i}`;
      const proxy = await FaultyProxy.start(team.server.port);
      proxy.set({ kind: 'delay', ms: Math.floor(randomOf(prefix)() * 40) });
      const env = team.environment(prefix, { endpoint: proxy.endpoint });
      const both = [0, 1].map(() => team.machine(async (root) => expectWell(root, await runWith(root, env))));
      await Promise.all(both);
      await proxy.stop();
      expect(await recordsOf(prefix)).toBeGreaterThanOrEqual(RESULTS + 1);
      await team.machine(async (root) => {
        const third = await runWith(root, team.environment(prefix, { user: 'reader' }));
        await expectWell(root, third);
        expect(third.stages.map(({ state }) => state)).toEqual(Array(RESULTS).fill('restored'));
      });
    }
    print(`${count} times two machines at once (seed ${seed}); each result whole, 0 wrong`);
  }, 3_600_000);

  test('whose server is killed in the middle fails no run', async () => {
    const server = await startVersitygw();
    await team.machine(async (root) => {
      const env: Environment = { ...team.environment('dies'), AWS_ENDPOINT_URL_S3: server.endpoint };
      const { child, ended } = start(root, args, { env });
      child.stdout!.once('data', () => server.process.kill('SIGKILL'));
      await expectWell(root, await ended);
      expect(notesIn((await ended).events).filter((note) => note.startsWith('not-shared'))).toHaveLength(1);
    });
    await server.stop();
  });

  const small = (folder: string): boolean =>
    process.platform === 'linux' && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', folder]).status === 0;

  test('that is full is read, and the run says what is not there', async () => {
    const server = await startVersitygw();
    const bucket = join(server.folder, 'data', 'team-cache');
    if (!small(bucket)) return print('not tried: a full bucket (tmpfs cannot be mounted here)');
    try {
      await team.machine(async (root) => {
        const env: Environment = { ...team.environment('full'), AWS_ENDPOINT_URL_S3: server.endpoint };
        const ended = await runWith(root, env);
        await expectWell(root, ended);
        const notes = notesIn(ended.events);
        expect(notes.filter((note) => note.startsWith('not-shared'))).toEqual([
          expect.stringMatching(/^not-shared: not shared: \d+ items?, because .*full/),
        ]);
        expect(await wrongObjects(bucket)).toEqual([]);
      });
    } finally {
      execFileSync('umount', [bucket]);
      await server.stop();
      await rm(bucket, { recursive: true, force: true });
    }
  });
});
