import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareCodePoints } from '../../../src/core/canonical.js';
import { listFile, listFiles, STAT_COLUMNS } from '../../../src/store/files/file-list.js';
import { scratchFolder, writeFiles } from '../scratch.js';

test('lists files by code point of their whole paths', () => {
  const root = scratchFolder();
  const paths = ['a/z', 'a.b', 'a-b/c', 'a0', 'B', 'é', '\u{1f408}', '\uffee', 'a b/x'];
  writeFiles(root, Object.fromEntries(paths.map((path) => [path, path])));
  const { paths: listed, stats } = listFiles(root);
  expect(listed).toEqual(['B', 'a b/x', 'a-b/c', 'a.b', 'a/z', 'a0', 'é', '\uffee', '\u{1f408}']);
  listed.forEach((path, i) => {
    const { dev, ino, size, mtimeMs, ctimeMs } = statSync(join(root, path));
    expect([...stats.subarray(i * STAT_COLUMNS, (i + 1) * STAT_COLUMNS)]).toEqual([dev, ino, size, mtimeMs, ctimeMs]);
  });
});

test('what has a name that is not UTF-8 is passed over with a word, be it a file or a folder', () => {
  const root = scratchFolder();
  writeFiles(root, { 'cats/a.jpg': 'a', 'cats/\ufffd.jpg': 'b' });
  const latin = (name: string) => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name, 'latin1')]);
  writeFileSync(latin('cats/caf\xe9.jpg'), 'c');
  mkdirSync(latin('f\xfcchse'));
  const { paths, passedOver } = listFiles(root);
  expect(paths).toEqual(['cats/a.jpg', 'cats/\ufffd.jpg']);
  const why = 'has a name that is not UTF-8 and is not read';
  expect(passedOver).toEqual([
    { path: 'cats/caf\ufffd.jpg', kind: 'name', why },
    { path: 'f\ufffdchse', kind: 'name', why },
  ]);
});

test('the order is that of code points for any names', () => {
  const unit = fc.constantFrom('a', 'b', '-', '0', '~', '\u{1f408}', '\uffee');
  const names = fc.array(fc.string({ unit, minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.uniqueArray(names, { maxLength: 8, selector: (path) => path.join('/') }), (trees) => {
      const root = scratchFolder();
      const written: string[] = [];
      for (const tree of trees) {
        const path = tree.join('/');
        // A name cannot be both a file and a folder.
        if (written.some((other) => other.startsWith(`${path}/`) || path.startsWith(`${other}/`))) continue;
        writeFiles(root, { [path]: '' });
        written.push(path);
      }
      const { paths, pathText = paths.join('\0') } = listFiles(root);
      expect(paths).toEqual(written.sort(compareCodePoints));
      expect(pathText).toBe(paths.join('\0'));
    }),
    { numRuns: 60 },
  );
});

test('leaves out hidden files, clutter, links that lead away, links to folders and pipes', () => {
  const root = scratchFolder();
  const outside = scratchFolder();
  writeFiles(outside, { secret: 'secret' });
  writeFiles(root, {
    'a.jpg': 'a',
    '.hidden': 'x',
    '.git/config': 'x',
    'Thumbs.db': 'x',
    'd/desktop.ini': 'x',
    'd/b.jpg': 'b',
    '._a.jpg': 'x',
    '__MACOSX/a.jpg': 'x',
    'd/@eaDir/b.jpg/SYNOPHOTO_THUMB_M.jpg': 'x',
  });
  symlinkSync(join(root, 'a.jpg'), join(root, 'inside'));
  symlinkSync(join(outside, 'secret'), join(root, 'out'));
  symlinkSync(`${root}x`, join(root, 'sibling'));
  symlinkSync(outside, join(root, 'outdir'));
  symlinkSync('.', join(root, 'd', 'loop'));
  symlinkSync('nowhere', join(root, 'd', 'broken'));
  execFileSync('mkfifo', [join(root, 'pipe.jpg')]);
  const { paths, devices, passedOver } = listFiles(root);
  expect(paths).toEqual(['a.jpg', 'd/b.jpg', 'inside']);
  expect(devices).toEqual(new Map([[statSync(root).dev, 'a.jpg']]));
  const outward = ['d/broken', 'd/loop', 'out', 'outdir'].map((path) => ({
    path,
    kind: 'link',
    why: 'leads out of the folder and is not followed',
  }));
  const pipe = { path: 'pipe.jpg', kind: 'special', why: 'is a pipe, a socket or a device and is not read' };
  expect(passedOver).toEqual([...outward, pipe, { path: 'sibling', kind: 'link', why: outward[0].why }]);
});

test('one file alone is listed like one of a folder', () => {
  const root = scratchFolder();
  writeFiles(root, { 'a.jpg': 'a' });
  expect(listFiles(root)).toMatchObject(listFile(root, 'a.jpg'));
  expect(() => listFile(root, 'b.jpg')).toThrow('ENOENT');
});
