/** A folder in which people keep files of their own beside the cache: none of those is moved or removed, however old. */
import { expect, test } from '@jest/globals';
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import { sweepBeside } from '../../src/store/disk/write-atomic.js';
import { collect } from '../../src/store/upkeep/gc.js';
import { beginJob } from '../../src/store/active-jobs.js';
import { Locks } from '../../src/store/disk/locks.js';
import { isLeftBehind, LEFT_MS, owner } from '../../src/store/disk/owner.js';
import { openShelf } from '../../src/store/upkeep/maintenance.js';
import { tidy } from '../../src/store/upkeep/auto-gc.js';
import { verifyStore } from '../../src/store/upkeep/verify.js';
import { namesIn, scratchFiles, scratchFolder } from './scratch.js';

const digest = digestOf('x');
const theirs = [
  'v1/report.tex',
  'v1/tmp/notes.txt',
  'v1/tmp/deep/notes.txt',
  'v1/blobs/ab/photo.jpg',
  'v1/blobs/photo.jpg',
  'v1/records/ab/photo.json',
  'v1/quarantine/1-x',
  'v1/unpacked/photos/a.jpg',
  'v1/features/photos/a.jpg',
  'v1/roots/mine.json',
  'v1/locks/package.lock',
  'v1/locks/yarn.lock',
  `v1/blobs/ab/${digest}`,
  'v1/models/a.bin',
  'index/photo.jpg',
  `index/${digest.slice(0, 32)}`,
  'index/ab/photo.jpg',
  'photo.jpg',
];

function aged(path: string, text = 'mine'): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  utimesSync(path, 1e9, 1e9);
  return path;
}

test('is left alone by every part of the tool that cleans up', async () => {
  const { files, notes } = scratchFiles();
  const { root } = files;
  const paths = theirs.map((name) => aged(join(root, name)));
  // The name of a record, with something else in it.
  mkdirSync(join(root, 'v1/records', digest.slice(0, 2), `${digest}.json`), { recursive: true });
  const inside = aged(join(root, 'v1/records', digest.slice(0, 2), `${digest}.json`, 'photo.jpg'));
  const locks = new Locks(files);
  await (
    await beginJob(files, locks)
  )();
  for (let i = 0; i < 3; i++) await tidy(files, locks, { PIPELINE_CACHE_MAX_SIZE: '0' });
  const { removed } = await collect(files, locks, { maxBytes: 0, maxAgeMs: 0 }, { now: Date.now() + 1 });
  expect(removed).toEqual([]);
  const usage = await openShelf(root, { onDamage: () => undefined }).usage({ maxBytes: 0, maxAgeMs: 0 });
  expect(usage.reduce((sum, { items }) => sum + items, 0)).toBeGreaterThan(10);
  expect([...paths, inside].filter((path) => !existsSync(path) || readFileSync(path, 'utf8') !== 'mine')).toEqual([]);
  expect(notes).toEqual([]);
  await verifyStore(files);
  // Asked to look for damage, it takes what has the very name of an index and is none.
  expect(paths.filter((path) => !existsSync(path))).toEqual([join(root, `index/${digest.slice(0, 32)}`)]);
});

test('what another container or boot left is taken once it is a day old, and what has no such name never', async () => {
  const { files } = scratchFiles();
  const elsewhere = '0000aaaa-1-77-1-0123456789abcdef';
  const old = aged(join(files.temporary, elsewhere));
  const oldFolder = join(files.temporary, elsewhere.replace('77', '78'));
  aged(join(oldFolder, 'files/a.jpg'));
  utimesSync(join(oldFolder, 'files'), 1e9, 1e9);
  utimesSync(oldFolder, 1e9, 1e9);
  const young = join(files.temporary, elsewhere.replace('77', '79'));
  writeFileSync(young, 'x');
  const mine = aged(join(files.temporary, 'notes.txt'));
  await (
    await beginJob(files, new Locks(files))
  )();
  expect([old, oldFolder, young, mine].map((path) => existsSync(path))).toEqual([false, false, true, true]);
  expect([
    isLeftBehind(elsewhere, 0, LEFT_MS),
    isLeftBehind(elsewhere, 0, LEFT_MS + 1),
    isLeftBehind(`${owner()}-1`, 0),
    isLeftBehind('notes', 0),
  ]).toEqual([false, true, false, false]);
});

test('beside a delivered folder too', async () => {
  const folder = scratchFolder();
  const model = join(folder, 'pets');
  for (const name of ['.pets.0000aaaa-1-77-1-0', '.pets.mine', '.pets.swp']) aged(join(folder, name));
  writeFileSync(join(folder, '.pets.0000aaaa-1-78-1-0'), 'young');
  await sweepBeside(model);
  expect(namesIn(folder)).toEqual(['.pets.0000aaaa-1-78-1-0', '.pets.mine', '.pets.swp']);
});
