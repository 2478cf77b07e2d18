import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { listFiles, STAT_COLUMNS } from '../../../src/store/files/file-list.js';
import { scratchFolder } from '../scratch.js';

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

describe('links of a folder that a person names', () => {
  const listed = (root: string) => {
    const { paths, passedOver } = listFiles(root, 'followed');
    return { paths, passedOver: passedOver.map(({ path, kind, why }) => `${kind} ${path} ${why}`) };
  };

  test('are followed to files and folders wherever they are, under the paths of the links', () => {
    const [root, outside] = [scratchFolder(), scratchFolder()];
    write(outside, { 'a.jpg': 'a', 'owls/b.jpg': 'b', 'owls/deep/c.jpg': 'c' });
    write(root, { 'cats/1.jpg': '1', 'dogs.x/1.jpg': '1' });
    symlinkSync(join(outside, 'owls'), join(root, 'dogs'));
    symlinkSync(join(outside, 'a.jpg'), join(root, 'cats/a.jpg'));
    expect(listed(root)).toEqual({
      paths: ['cats/1.jpg', 'cats/a.jpg', 'dogs.x/1.jpg', 'dogs/b.jpg', 'dogs/deep/c.jpg'],
      passedOver: [],
    });
    const { stats } = listFiles(root, 'followed');
    expect(stats[1 * STAT_COLUMNS + 1]).toBe(statSync(join(outside, 'a.jpg')).ino);
  });

  test('that lead nowhere, back, to a pipe, or to one folder again are named with what they are', () => {
    const [root, outside] = [scratchFolder(), scratchFolder()];
    write(outside, { 'owls/b.jpg': 'b' });
    execFileSync('mkfifo', [join(outside, 'pipe')]);
    write(root, { 'd/a.jpg': 'a' });
    symlinkSync('nowhere', join(root, 'd/broken.jpg'));
    symlinkSync('.', join(root, 'd/here'));
    symlinkSync('..', join(root, 'd/up'));
    symlinkSync('itself', join(root, 'itself'));
    symlinkSync(join(outside, 'pipe'), join(root, 'pipe.jpg'));
    symlinkSync(join(outside, 'owls'), join(root, 'owls'));
    symlinkSync(join(outside, 'owls'), join(root, 'owls2'));
    expect(listed(root)).toEqual({
      paths: ['d/a.jpg', 'owls/b.jpg'],
      passedOver: [
        'link d/broken.jpg is a link to nowhere, which is missing',
        'link d/here is a link to a folder around it and is not followed',
        'link d/up is a link to a folder around it and is not followed',
        'link itself is a link that leads back to itself',
        'link owls2 is a link to the same folder as owls and is not followed',
        'special pipe.jpg is a pipe, a socket or a device and is not read',
      ],
    });
  });

  test('end, however they lead to each other', () => {
    const root = scratchFolder();
    // Each of thirty folders links to the next in two ways: 2^30 paths.
    for (let i = 0; i < 30; i++) {
      write(root, { [`d${i}/${i}.jpg`]: String(i) });
      for (const name of ['x', 'y']) symlinkSync(`../d${i + 1}`, join(root, `d${i}/${name}`));
    }
    expect(listFiles(root, 'followed').paths.length).toBeLessThan(30 * 31);
  });
});
