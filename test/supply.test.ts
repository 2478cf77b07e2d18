/** What comes with the package and what it installs: nothing that runs by itself, and nothing that is not pinned. */
import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Locked {
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly inBundle?: boolean;
}

const json = async <Content>(name: string): Promise<Content> =>
  JSON.parse(await readFile(join(process.cwd(), name), 'utf8')) as Content;

test('installing the published package runs no script of it', async () => {
  const { scripts } = await json<{ scripts: Record<string, string> }>('package.json');
  expect(
    Object.keys(scripts).filter((name) => ['preinstall', 'install', 'postinstall', 'prepare'].includes(name)),
  ).toEqual([]);
});

test('the lock file pins every package by its sha512', async () => {
  const { packages } = await json<{ packages: Record<string, Locked> }>('package-lock.json');
  const installed = Object.entries(packages).filter(([path, { inBundle }]) => path !== '' && inBundle !== true);
  expect(installed.length).toBeGreaterThan(100);
  expect(installed.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? '')).map(([path]) => path)).toEqual([]);
});

test('of what the tool needs to run, two optional packages have install scripts, and .npmrc lets none run', async () => {
  const { packages } = await json<{ packages: Record<string, Locked> }>('package-lock.json');
  const scripted = Object.entries(packages).filter(
    ([, { hasInstallScript, dev }]) => hasInstallScript === true && dev !== true,
  );
  // BullMQ's msgpackr runs without msgpackr-extract, whose script only looks for its binary.
  expect(scripted.map(([path, { optional }]) => [path, optional])).toEqual([
    ['node_modules/msgpackr-extract', true],
    ['node_modules/onnxruntime-node', true],
  ]);
  expect(await readFile(join(process.cwd(), '.npmrc'), 'utf8')).toContain('ignore-scripts=true');
});
