/**
 * The files of this tool that go beside a model: programs that check it, and code that prepares images. The build puts
 * them into `dist/bundle` (`scripts/build-bundle.mjs`).
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isDigest, type Digest } from '../../core/digest.js';
import { packageFile } from '../../core/package.js';
import type { FormatName } from './formats.js';

const FOLDER = 'dist/bundle';

/** What decides the files: whether probe images are exported, and how far scores may differ. */
export interface CompanionFacts {
  readonly formats: readonly FormatName[];
  readonly probes: number;
  readonly tolerance: number;
}

/** Names all of the files as they are in this installation. Throws in a checkout that was not built. */
export function companionsDigest(): Digest {
  const digest = readFileSync(packageFile(`${FOLDER}/digest`), 'utf8');
  if (!isDigest(digest)) throw new Error(`${FOLDER}/digest is damaged: run npm run build`);
  return digest;
}

/** A file of the build as text. */
export function companionText(name: string): Promise<string> {
  return readFile(packageFile(`${FOLDER}/${name}`), 'utf8');
}

/** The format that programs for this model use: `model.onnx` contains its preprocessing. */
export function preferred(formats: readonly FormatName[]): FormatName {
  return formats.includes('onnx') ? 'onnx' : 'tfjs';
}

/** The files by their names in the exported folder. */
export async function companions({ formats, probes, tolerance }: CompanionFacts): Promise<Map<string, string>> {
  const format = preferred(formats);
  const files = new Map([['prepare.mjs', await companionText('prepare.mjs')]]);
  if (probes === 0) return files;
  const check = async (name: string): Promise<string> =>
    (await companionText(name)).replaceAll('1e-4', String(tolerance));
  files.set('check.mjs', await check(`check-${format}.mjs`));
  if (format === 'onnx') files.set('check.py', await check('check.py'));
  return files;
}
