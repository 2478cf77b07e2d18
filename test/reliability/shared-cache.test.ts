/** A shared cache that is slow, gone, full, lying or forged: a run ends well, with the results of one that has none. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FaultyProxy } from '../object-store/faulty-proxy.js';
import { describeWithVersitygw } from '../object-store/servers.js';
import { cases, forEachOf, isLong, print, randomOf, seed } from './scale.js';
import { sharedFaults, type SharedFault } from './shared-faults.js';
import { resultsOf } from './small-project.js';
import { leaksOf, notesIn, runWith, Team, wrongObjects } from './team.js';

const AT_A_TIME = 2;

describeWithVersitygw('a run whose shared cache is disturbed', () => {
  let team: Team;
  beforeAll(async () => {
    team = await Team.start();
    await team.machine((root) => runWith(root, team.environment('all')));
    await team.copyPrefix('all', 'features');
    await rm(join(team.folderOf('features'), 'v1', 'records'), { recursive: true });
  });
  afterAll(() => team.stop());

  async function trial(fault: SharedFault, number: number): Promise<void> {
    const random = randomOf(`${fault.name} ${number}`);
    const prefix = `trial-${number}`;
    if (fault.before !== 'nothing') await team.copyPrefix(fault.before, prefix);
    const proxy = await FaultyProxy.start(team.server.port);
    try {
      await team.machine(async (root) => {
        const usual = team.environment(prefix, { endpoint: proxy.endpoint });
        const given = await fault.disturb({ team, prefix, random, proxy });
        const wrongBefore = new Set(await wrongObjects(team.folderOf(prefix)));
        const ended = await runWith(root, { ...usual, ...given });
        expect([ended.code, ended.stderr.match(/✘.*/)?.[0]]).toEqual([0, undefined]);
        expect(await resultsOf(root)).toEqual(team.expected);
        expectNotes(fault, notesIn(ended.events));
        expect(await leaksOf(root, ended)).toEqual([]);
        const wrong = await wrongObjects(team.folderOf(prefix));
        expect(wrong.filter((name) => fault.heals === true || !wrongBefore.has(name))).toEqual([]);
      });
    } catch (error) {
      throw new Error(`${fault.name}, trial ${number} (seed ${seed})`, { cause: error });
    } finally {
      await proxy.stop();
      await rm(team.folderOf(prefix), { recursive: true, force: true });
    }
  }

  function expectNotes({ notes, maybe = [] }: SharedFault, found: readonly string[]): void {
    expect(new Set(found).size).toBe(found.length);
    const about = found.filter((note) => !/^(shared|sharing): /.test(note));
    for (const expected of notes)
      expect([expected, about.filter((note) => expected.test(note))]).toEqual([expected, [expect.any(String)]]);
    const wanted = [...notes, ...maybe];
    expect(about.filter((note) => !wanted.some((one) => one.test(note)))).toEqual([]);
  }

  test(
    'in each of these ways',
    async () => {
      const usable = sharedFaults.filter(({ skipped }) => skipped === undefined);
      const trials = Array.from(
        { length: cases(usable.length, 200) },
        (_, i) => [usable[i % usable.length], i] as const,
      );
      const failures: unknown[] = [];
      await forEachOf(trials, AT_A_TIME, ([fault, number]) =>
        trial(fault, number).catch((error: unknown) => void failures.push(error)),
      );
      expect(failures).toEqual([]);
      for (const { name, skipped } of sharedFaults) if (skipped !== undefined) print(`not tried: ${name} (${skipped})`);
      print(
        `${trials.length} runs with a disturbed shared cache, in ${usable.length} ways; 0 wrong results, 0 failed runs`,
      );
    },
    isLong ? 7_200_000 : 1_200_000,
  );
});
