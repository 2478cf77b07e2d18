/** Links in README and docs lead to files and headings that exist, and that the package brings along. */
import { expect, test } from '@jest/globals';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'bench/README.md',
  'test/RELIABILITY.md',
].concat(
  readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
);

/** The anchors of a page, as GitHub makes them: lower case, without punctuation, with dashes for spaces. */
function anchorsOf(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const links = pages.flatMap((page) =>
  [
    ...readFileSync(page, 'utf8')
      .replace(/```[^]*?```/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path, anchor] = target.split('#');
      return { page, target, file: path === '' ? page : normalize(join(dirname(page), path)), anchor };
    }),
);

test('every link leads to a file and a heading', () => {
  expect(links.length).toBeGreaterThan(50);
  const dead = links.filter(
    ({ file, anchor }) => !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor)),
  );
  expect(dead.map(({ page, target }) => `${page}: ${target}`)).toEqual([]);
});

test('what README and docs link to is in the package', () => {
  const { files } = JSON.parse(readFileSync('package.json', 'utf8')) as { files: string[] };
  // npm always takes these.
  const packed = [...files, 'README.md', 'LICENSE', 'package.json'];
  const missing = links.filter(
    ({ page, file }) =>
      /^(README|docs)/.test(page) && !packed.some((path) => file === path || file.startsWith(`${path}/`)),
  );
  expect(missing.map(({ page, target }) => `${page}: ${target}`)).toEqual([]);
});

test('the README fits on a few screens', () => {
  expect(readFileSync('README.md', 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(130);
});
