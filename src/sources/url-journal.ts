/** Which URLs of a table have been fetched, for the run after an interruption. */
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { digestOf, isDigest, type Digest } from '../core/digest.js';
import { isCount, isShapedAs, isString, parseJson } from '../core/guards.js';
import type { SourceHost, VerifiedFile } from '../core/source.js';

const isEntry = isShapedAs({ url: isString, sha256: isDigest, size: isCount });

/**
 * Which URLs have been fetched for a table, one JSON object per line. Nothing trusts it: a file that it names is hashed
 * again before it is used.
 */
export class UrlJournal {
  private constructor(
    private readonly name: Digest,
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly digests: Map<string, Digest>,
    private readonly store: SourceHost['store'],
  ) {}

  static async open(where: string, { store }: SourceHost): Promise<UrlJournal> {
    const name = digestOf(`urls of ${where}`);
    const path = await store.claimPartial(name);
    const text = await readFile(path, 'utf8').catch(() => '');
    const entries = text.split('\n').flatMap((line) => parseJson(line, isEntry) ?? []);
    const digests = new Map(entries.map(({ url, sha256 }) => [url, sha256]));
    return new UrlJournal(name, path, await open(path, 'a'), digests, store);
  }

  digestOf(url: string): Digest | undefined {
    return this.digests.get(url);
  }

  async add(url: string, { digest, size }: VerifiedFile): Promise<void> {
    this.digests.set(url, digest);
    await this.file.appendFile(`${JSON.stringify({ url, sha256: digest, size })}\n`);
  }

  async close(): Promise<void> {
    await this.file.close();
    await this.store.releasePartial(this.name, this.path);
  }
}
