/** Reads a pipeline file as text, and names what keeps it from being read. */
import { open, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { failure } from '../core/problem.js';
import type { PipelineError } from '../core/problem.js';
import { nearest } from '../core/nearest.js';

/** A pipeline is written by hand; anything larger is no pipeline, or an attack. */
const largestFile = 1024 * 1024;

/**
 * The text of a file in UTF-8, without its byte order mark.
 * Throws a failure: `input-output` where it cannot be read, `unsafe` above 1 MiB, `invalid` where it is not UTF-8.
 */
export async function readSource(file: string): Promise<string> {
  const bytes = await readLimited(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const problem = { code: 'not-utf-8', where: file, found: 'the file is not text in UTF-8', remedy: 'save it again as UTF-8' };
    throw failure('invalid', problem, error);
  }
}

async function readLimited(file: string): Promise<Uint8Array> {
  const handle = await open(file, 'r').catch(async (error: unknown) => {
    throw await unreadable(file, error);
  });
  try {
    const status = await handle.stat();
    if (!status.isFile()) {
      const found = status.isDirectory() ? 'this is a folder' : 'this is no regular file';
      throw failure('input-output', { code: 'not-a-file', where: file, found, expected: 'a pipeline file in YAML' });
    }
    if (status.size > largestFile) {
      const found = `the file has ${status.size} bytes`;
      const expected = `a pipeline file of at most ${largestFile} bytes`;
      throw failure('unsafe', { code: 'file-too-large', where: file, found, expected });
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

async function unreadable(file: string, thrown: unknown): Promise<PipelineError> {
  const code = codeOf(thrown);
  if (code !== 'ENOENT') {
    const found = `the file cannot be read (${code})`;
    return failure('input-output', { code: `io-${code.toLowerCase()}`, where: file, found }, thrown);
  }
  const neighbours = await readdir(dirname(file)).catch(() => []);
  const pipelines = neighbours.filter((name) => /(?<!\.lock)\.ya?ml$/.test(name));
  const near = nearest(basename(file), pipelines);
  const hint = near === undefined ? undefined : `did you mean \`${join(dirname(file), near)}\`?`;
  const remedy = hint ?? 'check the path; `pipeline init` writes a first pipeline';
  return failure('input-output', { code: 'no-such-file', where: file, found: 'there is no such file', remedy }, thrown);
}

/** `ENOENT` and the like, which errors of the file system carry. */
function codeOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : 'EUNKNOWN';
}
