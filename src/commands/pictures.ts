/** The pictures that a call names: files, folders that are searched through, lists of names, and stdin. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { failure } from '../core/problem.js';
import { readRegular } from '../core/regular-file.js';
import { printable } from '../report/words.js';
import { listFiles } from '../store/files/file-list.js';
import { inheritedPipe } from './inherited.js';

/** A picture of a call, as the predictor takes it. */
export interface NamedPicture {
  /** As it was named, or as a folder's name and the path in it. */
  readonly name: string;
  readonly from: { readonly path: string } | { readonly bytes: Uint8Array };
  readonly inFolder: boolean;
}

export interface PictureNames {
  /** Files and folders; `-` is the bytes of one picture on stdin. */
  readonly names: readonly string[];
  /** Files that hold names, one a line or with a zero byte after each; `-` is stdin. */
  readonly lists: readonly string[];
}

interface World {
  readonly cwd: string;
  readonly stdin: () => AsyncIterable<Uint8Array>;
  /** Takes what is said of files in folders that are not read. */
  readonly stderr: (text: string) => void;
}

/**
 * Finds the pictures in the order of the call, those of a folder in the order of their paths. A file that is not there
 * is among them: that is told with what else is wrong with pictures. Throws `invalid` where none is named.
 */
export async function findPictures({ names, lists }: PictureNames, world: World): Promise<NamedPicture[]> {
  const readers = [...names, ...lists].filter(isStdin).length;
  if (readers > 1) throw invalid('-', 'stdin is used twice', 'one image or one list of names on stdin');
  const listed = await Promise.all(lists.map((list) => namesIn(list, world)));
  const pictures: NamedPicture[] = [];
  for (const name of names)
    pictures.push(...(isStdin(name) ? [await pictureIn(world.stdin(), name)] : await picturesAt(name, world)));
  for (const name of listed.flat()) pictures.push(...(await picturesAt(name, world)));
  if (names.length + lists.length === 0)
    throw invalid('images', 'none given', 'files, folders, `-` for stdin, or --files-from');
  return pictures;
}

function isStdin(name: string): boolean {
  return name === '-' || name === '/dev/stdin';
}

function invalid(where: string, found: string, expected: string): Error {
  return failure('invalid', { code: 'bad-pictures', where, found, expected });
}

async function picturesAt(name: string, { cwd, stderr }: World): Promise<NamedPicture[]> {
  const path = resolve(cwd, name);
  const pipe = inheritedPipe(path);
  if (pipe !== undefined) return [await pictureIn(pipe, name)];
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) return [{ name, from: { path }, inFolder: false }];
  const prefix = /[/\\]$/.test(name) ? name : `${name}/`;
  const { paths, passedOver } = listFiles(path, 'followed');
  for (const { path: inside, why } of passedOver) stderr(`${printable(`${prefix}${inside} ${why}`)}\n`);
  return paths.map((inside) => ({ name: `${prefix}${inside}`, from: { path: resolve(path, inside) }, inFolder: true }));
}

async function pictureIn(stream: AsyncIterable<Uint8Array>, name: string): Promise<NamedPicture> {
  return { name, from: { bytes: await readAll(stream) }, inFolder: false };
}

/** Names never hold a zero byte, and seldom a line break: where there are zero bytes, they end the names. */
async function namesIn(list: string, { cwd, stdin }: World): Promise<string[]> {
  const path = resolve(cwd, list);
  const stream = isStdin(list) ? stdin() : inheritedPipe(path);
  const bytes = stream === undefined ? await readList(path, list) : await readAll(stream);
  const text = bytes.toString('utf8');
  return text.split(text.includes('\0') ? '\0' : /\r?\n/).filter((name) => name !== '');
}

function readList(path: string, where: string): Promise<Buffer> {
  return readRegular(path, { where, expected: 'a file with image names; for a stream, use `-`' }).catch(
    (error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? invalid(where, 'does not exist', 'a file with image names') : error;
    },
  );
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const read: Uint8Array[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return Buffer.concat(read);
}
