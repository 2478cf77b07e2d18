/** Finds the images that a call names: files, folders, lists of names, and stdin. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { failure, type PipelineError } from '../core/problem.js';
import { readRegular } from '../core/regular-file.js';
import { bytesText } from '../core/text/bytes-text.js';
import { imageLimits } from '../core/image-limits.js';
import { printable } from '../report/words.js';
import { listFiles } from '../store/files/file-list.js';
import { inheritedPipe } from './inherited.js';

/** The names of half a million images. */
const LARGEST_LIST = 64 * 2 ** 20;

/** An image that a call names, as input of the predictor. */
export interface NamedImage {
  /** As the user wrote it, or the folder as written and the path in it. */
  readonly name: string;
  readonly from: { readonly path: string } | { readonly bytes: Uint8Array };
  readonly inFolder: boolean;
}

export interface ImageNames {
  /** Files and folders; `-` is one image on stdin. */
  readonly names: readonly string[];
  /** Files with names, one per line or each followed by a NUL byte; `-` is stdin. */
  readonly lists: readonly string[];
}

interface Environment {
  readonly cwd: string;
  readonly stdin: () => AsyncIterable<Uint8Array>;
  /** Receives messages about files in folders that are skipped. */
  readonly stderr: (text: string) => void;
}

/**
 * Returns the images in the order of the call, those of a folder in path order. Includes files that do not exist: they
 * are reported with all other unreadable images. Throws `invalid` if nothing is named.
 */
export async function findImages({ names, lists }: ImageNames, environment: Environment): Promise<NamedImage[]> {
  const readers = [...names, ...lists].filter(isStdin).length;
  if (readers > 1) throw invalid('-', 'stdin is used twice', 'one image or one list of names on stdin');
  const listed = await Promise.all(lists.map((list) => namesIn(list, environment)));
  const images: NamedImage[] = [];
  for (const name of names)
    images.push(...(isStdin(name) ? [await imageIn(environment.stdin(), name)] : await imagesAt(name, environment)));
  for (const name of listed.flat()) images.push(...(await imagesAt(name, environment)));
  if (names.length + lists.length === 0)
    throw invalid('images', 'none given', 'files, folders, `-` for stdin, or --files-from');
  return images;
}

function isStdin(name: string): boolean {
  return name === '-' || name === '/dev/stdin';
}

function invalid(where: string, found: string, expected: string): Error {
  return failure('invalid', { code: 'bad-pictures', where, found, expected });
}

async function imagesAt(name: string, { cwd, stderr }: Environment): Promise<NamedImage[]> {
  const path = resolve(cwd, name);
  const pipe = inheritedPipe(path);
  if (pipe !== undefined) return [await imageIn(pipe, name)];
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) return [{ name, from: { path }, inFolder: false }];
  const prefix = /[/\\]$/.test(name) ? name : `${name}/`;
  const { paths, passedOver } = listFiles(path, 'followed');
  for (const { path: inside, why } of passedOver) stderr(`${printable(`${prefix}${inside} ${why}`)}\n`);
  return paths.map((inside) => ({ name: `${prefix}${inside}`, from: { path: resolve(path, inside) }, inFolder: true }));
}

async function imageIn(stream: AsyncIterable<Uint8Array>, name: string): Promise<NamedImage> {
  const bytes = await readAll(stream, imageLimits.bytes, () => tooLarge(name, imageLimits.bytes, 'an image'));
  return { name, from: { bytes }, inFolder: false };
}

/** If there are NUL bytes, they separate the names: a name can contain a line break, but never a NUL byte. */
async function namesIn(list: string, { cwd, stdin }: Environment): Promise<string[]> {
  const path = resolve(cwd, list);
  const stream = isStdin(list) ? stdin() : inheritedPipe(path);
  const refuse = (): PipelineError => tooLarge(list, LARGEST_LIST, 'a list of image names');
  const bytes = stream === undefined ? await readList(path, list, refuse) : await readAll(stream, LARGEST_LIST, refuse);
  const text = bytes.toString('utf8');
  return text.split(text.includes('\0') ? '\0' : /\r?\n/).filter((name) => name !== '');
}

function readList(path: string, where: string, refuse: () => PipelineError): Promise<Buffer> {
  const expected = 'a file with image names; for a stream, use `-`';
  return readRegular(path, { where, expected, limit: LARGEST_LIST, tooLarge: refuse }).catch(
    (error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? invalid(where, 'does not exist', 'a file with image names') : error;
    },
  );
}

/** Reads a stream to its end, which may never come. */
async function readAll(chunks: AsyncIterable<Uint8Array>, limit: number, refuse: () => PipelineError): Promise<Buffer> {
  const read: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limit) throw refuse();
    read.push(chunk);
  }
  return Buffer.concat(read);
}

function tooLarge(where: string, limit: number, what: string): PipelineError {
  return failure('bad-data', {
    code: 'file-too-large',
    where,
    found: `has more than ${bytesText(limit)}, too much for ${what}`,
    remedy: what === 'an image' ? 'check that it is an image' : 'check that it is a list of names, or split it',
  });
}
