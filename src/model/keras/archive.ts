/** Takes single files out of a zip, within limits. */
import { fromBufferPromise, type Entry } from 'yauzl';
import { PipelineError } from '../../core/problem.js';
import { otherFormat } from '../formats/identify.js';
import { formatOfZip } from '../formats/zip-contents.js';
import { damaged } from './hdf5.js';

/** A .keras file has three, and some more where its layers have assets. */
const mostEntries = 10_000;

export interface Wanted {
  readonly name: string;
  /** Bytes after unpacking. */
  readonly most: number;
}

/**
 * The bytes of the named entries of a zip; `path` names it. No other entry is looked into. Throws `bad-data` for a zip
 * that is damaged, lacks one, has one twice, or unpacks to more than is allowed.
 */
export async function readEntries(
  zipped: Buffer,
  path: string,
  wanted: readonly Wanted[],
): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const names: string[] = [];
  try {
    const zip = await fromBufferPromise(zipped, { lazyEntries: true, autoClose: false });
    try {
      for await (const entry of zip.eachEntry()) {
        if (names.length >= mostEntries)
          throw damaged(
            path,
            `the zip has more than ${mostEntries.toLocaleString('en-US')} entries`,
            'a .keras file, which has a few',
          );
        names.push(entry.fileName);
        const limit = wanted.find(({ name }) => name === entry.fileName)?.most;
        if (limit === undefined) continue;
        if (found.has(entry.fileName)) throw damaged(path, `two entries of the zip are named ${entry.fileName}`, 'one');
        refuseLarge(entry, limit, path);
        // The library fails where an entry unpacks to another size than is declared.
        found.set(entry.fileName, await collect(await zip.openReadStreamPromise(entry), entry.uncompressedSize));
      }
    } finally {
      zip.close();
    }
  } catch (error) {
    if (!(error instanceof PipelineError) && error instanceof Error && !('errno' in error)) {
      throw damaged(path, 'the zip is damaged or cut off', 'a complete .keras file', error);
    }
    throw error;
  }
  if (found.size < wanted.length) throw otherFormat(path, formatOfZip(names));
  return found;
}

/** Refuses before anything is allocated. Whatever is packed, deflate makes it 1,032 times smaller at most. */
function refuseLarge({ fileName, compressedSize, uncompressedSize: size }: Entry, limit: number, path: string): void {
  const most = Math.min(limit, 1032 * compressedSize);
  if (size > most) throw damaged(path, `${fileName} unpacks to ${size} bytes`, `at most ${most}`);
}

async function collect(stream: AsyncIterable<unknown>, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  let filled = 0;
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) continue;
    filled += chunk.copy(bytes, filled);
  }
  return bytes;
}
