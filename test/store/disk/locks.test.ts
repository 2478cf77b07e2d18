import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { nodeFs } from '../../../src/store/disk/cache-fs.js';
import { Locks, type Holder } from '../../../src/store/disk/locks.js';
import { livenessOf, owner } from '../../../src/store/disk/owner.js';
import { namesIn, scratchFiles, type Scratch } from '../scratch.js';

const [boot, namespace, pid, start] = owner().split('-');

function lockOf({ files }: Scratch): string {
  return join(files.root, 'v1', 'locks', 'work.lock');
}

function writeLock(scratch: Scratch, content: string): void {
  mkdirSync(join(lockOf(scratch), '..'), { recursive: true });
  writeFileSync(lockOf(scratch), content);
}

const holderOf = (by: string): Holder => ({ owner: by, pid: 1, label: 'train', since: 1, nonce: 'theirs' });

test('a process is distinguished from an earlier one with its number, from another boot and another container', () => {
  expect(livenessOf(`${owner()}-0123`)).toBe('alive');
  expect(livenessOf(`${boot}-${namespace}-${pid}-${Number(start) + 1}`)).toBe('dead');
  expect(livenessOf(`${boot}-${namespace}-${2 ** 30}-1`)).toBe('dead');
  expect(livenessOf(`${boot}-${namespace}-x`)).toBe('dead');
  expect(livenessOf(`0000aaaa-${namespace}-${pid}-${start}`)).toBe('elsewhere');
  expect(livenessOf(`${boot}-1-${pid}-${start}`)).toBe('elsewhere');
  expect(livenessOf('')).toBe('elsewhere');
});

test('a lock is held by one, and free again once it is given back', async () => {
  const scratch = scratchFiles();
  const locks = new Locks(scratch.files);
  const first = await locks.tryTake('work', 'train');
  expect(first.state).toBe('held');
  const second = await locks.tryTake('work', 'train');
  expect(second).toMatchObject({ state: 'taken', holder: { owner: owner(), pid: process.pid, label: 'train' } });
  expect((await locks.tryTake('other', 'train')).state).toBe('held');
  if (first.state === 'held') await first.lock.release();
  expect((await locks.tryTake('work', 'train')).state).toBe('held');
  expect(scratch.notes).toEqual([]);
});

test.each<[string, string]>([
  ['a process that is gone', JSON.stringify(holderOf(`${boot}-${namespace}-${2 ** 30}-1`))],
  ['an earlier process of a number that is in use', JSON.stringify(holderOf(`${boot}-${namespace}-${process.pid}-1`))],
  ['nobody: it is empty', ''],
  ['nobody: it is not JSON', 'garbage'],
  ['nobody: it is another JSON', '{"owner":3}'],
  ['nobody: it is huge', 'x'.repeat(1024 * 1024)],
])('the lock of %s is taken at once', async (_, content) => {
  const scratch = scratchFiles();
  writeLock(scratch, content);
  const attempt = await new Locks(scratch.files).tryTake('work', 'train');
  expect(attempt.state).toBe('held');
  expect(JSON.parse(readFileSync(lockOf(scratch), 'utf8'))).toMatchObject({ owner: owner() });
  expect(namesIn(scratch.files.temporary)).toEqual([]);
});

test('the lock of another machine holds while it is touched, and no longer than ten minutes where it is not', async () => {
  const scratch = scratchFiles();
  writeLock(scratch, JSON.stringify(holderOf('0000aaaa-1-1-1')));
  const locks = new Locks(scratch.files);
  expect((await locks.tryTake('work', 'train')).state).toBe('taken');
  const before = new Date(Date.now() - 700_000);
  utimesSync(lockOf(scratch), before, before);
  expect((await locks.tryTake('work', 'train')).state).toBe('held');
});

test('the lock of another machine that is dated far ahead holds nobody off', async () => {
  const scratch = scratchFiles();
  writeLock(scratch, JSON.stringify(holderOf('0000aaaa-1-1-1')));
  const ahead = new Date(Date.now() + 700_000);
  utimesSync(lockOf(scratch), ahead, ahead);
  expect((await new Locks(scratch.files).tryTake('work', 'train')).state).toBe('held');
});

test('a waiting caller learns each holder once, and gets the lock when it is free', async () => {
  const scratch = scratchFiles();
  writeLock(scratch, JSON.stringify(holderOf('0000aaaa-1-1-1')));
  const reported: string[] = [];
  const onWait = ({ label }: { label: string }): void => {
    reported.push(label);
    setTimeout(() => writeLock(scratch, ''), 500);
  };
  await expect(
    new Locks(scratch.files).during('work', 'train', () => Promise.resolve('done'), { onWait }),
  ).resolves.toBe('done');
  expect(reported).toEqual(['train']);
  expect(existsSync(lockOf(scratch))).toBe(false);
});

test('waiting ends when it is reported to', async () => {
  const scratch = scratchFiles();
  writeLock(scratch, JSON.stringify(holderOf('0000aaaa-1-1-1')));
  const controller = new AbortController();
  const waiting = new Locks(scratch.files).during('work', 'train', () => Promise.resolve(), {
    signal: controller.signal,
    onWait: () => controller.abort(),
  });
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
});

test('a lock that was broken and taken by another is not given back by its first owner', async () => {
  const scratch = scratchFiles();
  const attempt = await new Locks(scratch.files).tryTake('work', 'train');
  writeLock(scratch, JSON.stringify(holderOf('0000aaaa-1-1-1')));
  if (attempt.state === 'held') await attempt.lock.release();
  expect(JSON.parse(readFileSync(lockOf(scratch), 'utf8'))).toMatchObject({ nonce: 'theirs' });
});

test('a lock that could not be taken away holds its own process off no longer', async () => {
  const refuse = () => Promise.reject(Object.assign(new Error('too many open files'), { code: 'EMFILE' }));
  const scratch = scratchFiles();
  const attempt = await new Locks(scratchFiles(scratch.files.root, { ...nodeFs, remove: refuse }).files).tryTake(
    'work',
    'train',
  );
  if (attempt.state === 'held') await attempt.lock.release();
  expect(existsSync(lockOf(scratch))).toBe(true);
  expect((await new Locks(scratch.files).tryTake('work', 'train')).state).toBe('held');
});

test('a store that cannot be written has no locks, and work continues', async () => {
  const refuse = () => Promise.reject(Object.assign(new Error('read-only'), { code: 'EROFS' }));
  const { files } = scratchFiles(undefined, { ...nodeFs, makeFolder: refuse, create: refuse });
  await expect(new Locks(files).during('work', 'train', () => Promise.resolve('done'))).resolves.toBe('done');
});

test('many that want one lock have it one after another', async () => {
  const { files } = scratchFiles();
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inside--;
  };
  await Promise.all(Array.from({ length: 5 }, () => new Locks(files).during('work', 'train', work)));
  expect(most).toBe(1);
});
