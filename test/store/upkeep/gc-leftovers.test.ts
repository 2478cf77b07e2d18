/** The end of what is not content: evidence of damage, and files that were never finished. */
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Blobs } from '../../../src/store/blobs.js';
import { collect } from '../../../src/store/upkeep/gc.js';
import { usualLimits } from '../../../src/store/limits.js';
import { Locks } from '../../../src/store/disk/locks.js';
import { namesIn, scratchFiles, scratchFolder } from '../scratch.js';

const DAY_MS = 24 * 3600 * 1000;

function age(path: string, daysAgo: number): string {
  const time = new Date(Date.now() - daysAgo * DAY_MS);
  utimesSync(path, time, time);
  return path;
}

test('evidence of damage stays for 14 days after it was set aside, however old it was then', async () => {
  const { files } = scratchFiles();
  const blobs = new Blobs(files);
  const { digest } = await blobs.put(Buffer.from('a result'));
  await files.setAside(age(blobs.pathOf(digest), 20), 'damaged');
  const [name] = namesIn(files.quarantine);
  await collect(files, new Locks(files), usualLimits, { now: Date.now() + 13 * DAY_MS });
  expect(namesIn(files.quarantine)).toEqual([name]);
  await collect(files, new Locks(files), usualLimits, { now: Date.now() + 15 * DAY_MS });
  expect(namesIn(files.quarantine)).toEqual([]);
});

test('what a crashed process left goes also from a store whose own path looks like a download', async () => {
  const { files } = scratchFiles(join(scratchFolder(), 'download-cache'));
  mkdirSync(files.temporary, { recursive: true });
  const forgotten = join(files.temporary, '0000aaaa-1-1-2-00');
  writeFileSync(forgotten, 'half');
  age(forgotten, 2);
  await collect(files, new Locks(files), usualLimits);
  expect(existsSync(forgotten)).toBe(false);
});

test('times in the future do not count as use: such files go first, and where they are further off than what is kept', async () => {
  const { files } = scratchFiles();
  const blobs = new Blobs(files);
  const put = async (content: string, daysAgo: number) => {
    const ref = await blobs.put(Buffer.from(content));
    age(blobs.pathOf(ref.digest), daysAgo);
    return ref;
  };
  const [ahead, farAhead, old] = [await put('ahead', -2), await put('far ahead', -31), await put('old', 20)];
  const forgotten = join(files.temporary, '0000aaaa-1-1-1-00');
  writeFileSync(forgotten, 'half');
  age(forgotten, -2);
  const { bytesAfter } = await collect(files, new Locks(files), usualLimits);
  expect(existsSync(forgotten)).toBe(false);
  const stay = () => Promise.all([ahead, farAhead, old].map((ref) => blobs.has(ref)));
  expect(await stay()).toEqual([true, false, true]);
  await collect(files, new Locks(files), { ...usualLimits, maxBytes: bytesAfter - 1 });
  expect(await stay()).toEqual([false, false, true]);
});
