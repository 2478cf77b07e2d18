/** Reads a pipeline file as text, and names what keeps it from being read. */
import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { failure, PipelineError } from '../core/problem.js';
import { nearest } from '../core/text/did-you-mean.js';
import { readRegular } from '../core/regular-file.js';

/** A pipeline is written by hand; anything larger is not a pipeline, or an attack. */
const largestFile = 1024 * 1024;

/**
 * The text of a file in UTF-8, without its byte order mark. Throws a failure: `invalid` if it is not there,
 * `input-output` if it cannot be read, `unsafe` above 1 MiB, `invalid` if it is not UTF-8.
 */
export async function readSource(file: string): Promise<string> {
  const bytes = await readLimited(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const problem = {
      code: 'not-utf-8',
      where: file,
      found: 'the file is not UTF-8 text',
      remedy: 'save it as UTF-8',
    };
    throw failure('invalid', problem, error);
  }
}

function readLimited(file: string): Promise<Uint8Array> {
  const tooLarge = (size: number): PipelineError => {
    const expected = `a pipeline file of at most ${largestFile} bytes`;
    return failure('unsafe', { code: 'file-too-large', where: file, found: `the file has ${size} bytes`, expected });
  };
  return readRegular(file, { expected: 'a pipeline file in YAML', limit: largestFile, tooLarge }).catch(
    async (error: unknown) => {
      if (error instanceof PipelineError)
        throw statSync(file, { throwIfNoEntry: false })?.isDirectory() ? await isFolder(file, error) : error;
      throw await unreadable(file, error);
    },
  );
}

/** A mistake in the call, like a file that does not exist: the disk is not at fault. */
async function isFolder(folder: string, thrown: unknown): Promise<PipelineError> {
  const pipeline = (await readdir(folder).catch(() => [])).find((name) => isPipelineName(name));
  const remedy =
    pipeline === undefined
      ? 'run `pipeline init` to create a pipeline for a folder of images'
      : `name the file in it, such as \`${join(basename(folder), pipeline)}\``;
  return failure(
    'invalid',
    { code: 'folder-for-file', where: folder, found: 'is a folder', expected: 'a pipeline file in YAML', remedy },
    thrown,
  );
}

function isPipelineName(name: string): boolean {
  return /(?<!\.lock|\.trust)\.ya?ml$/.test(name);
}

async function unreadable(file: string, thrown: unknown): Promise<PipelineError> {
  const code = codeOf(thrown);
  if (code !== 'ENOENT' && code !== 'ENOTDIR') {
    const found = `the file cannot be read (${code})`;
    return failure('input-output', { code: `io-${code.toLowerCase()}`, where: file, found }, thrown);
  }
  const siblings = await readdir(dirname(file)).catch(() => []);
  const pipelines = siblings.filter(isPipelineName);
  const near = nearest(basename(file), pipelines);
  const hint = near === undefined ? undefined : `did you mean \`${join(dirname(file), near)}\`?`;
  const remedy = hint ?? 'check the path, or run `pipeline init` to create a pipeline';
  // The name is wrong, not the disk: a mistake in the call, like an unknown option.
  return failure('invalid', { code: 'no-such-file', where: file, found: 'there is no such file', remedy }, thrown);
}

/** `ENOENT` and the like, which errors of the file system carry. */
function codeOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : 'EUNKNOWN';
}
