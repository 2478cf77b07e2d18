/** The packs of one feature set that a team shares: which rows they have is known before any of them is fetched. */
import type { Json } from '../../core/canonical.js';
import { isDigest, isFeatureSetKey, type Digest, type FeatureSetKey } from '../../core/digest.js';
import { isCount, isOneOf, isShapedAs, isString } from '../../core/guards.js';
import { bytesContent } from '../../object-store/content.js';
import { ObjectStoreError, type ListedObject } from '../../object-store/object-store.js';
import type { Files } from '../disk/files.js';
import { KEY_BYTES, packOriginOf, type PackOrigin } from '../features/feature-pack.js';
import { noteUnwritten } from '../disk/write-errors.js';
import { fileContent } from './file-content.js';
import { fetchObject } from './fetch-object.js';
import { packObjectName, packOfRecord, packRecordName, packRecordsPrefix, packsPrefix } from './layout.js';
import { readSmall } from './read-small.js';
import type { Remote } from './remote.js';
import { packMark, type Unshared } from './unshared.js';
import type { Uploads } from './uploads.js';

/** A pack that others have made. */
export interface SharedPack {
  readonly digest: Digest;
  readonly size: number;
  /** The keys of its rows, one after another: image digest and view. */
  readonly index: Buffer;
  /** Who made it. */
  readonly origin: PackOrigin;
}

/** A pack has at most 4,096 rows, whose keys take 200 kB. */
export const PACK_RECORD_LIMIT = 1024 * 1024;
/** Records of packs that are asked for at once. */
const ASKING = 16;

export const isPackRecord = isShapedAs({
  format: isOneOf('pack-1'),
  set: isFeatureSetKey,
  pack: isDigest,
  size: isCount,
  /** Base64. */
  keys: isString,
});

type ReadKeys = () => Promise<Uint8Array | undefined>;

interface UploadOptions {
  readonly path: string;
  readonly readKeys: ReadKeys;
  readonly isNew: boolean;
  readonly signal: AbortSignal;
}

interface SharedParts {
  readonly remote: Remote;
  readonly files: Files;
  readonly uploads: Uploads;
  readonly unshared: Unshared;
}

export class SharedPacks {
  private readonly known = new Set<Digest>();
  private readonly wrong = new Set<Digest>();
  /** Those whose records are there: they are not sent again. */
  private readonly there = new Set<Digest>();
  private readonly sending: Promise<boolean>[] = [];
  private readonly remote: Remote;
  private readonly files: Files;

  constructor(
    private readonly set: FeatureSetKey,
    private readonly parts: SharedParts,
    private readonly refuse: (name: string, reason: string) => void,
  ) {
    this.remote = parts.remote;
    this.files = parts.files;
  }

  /** Packs that have come since the last look and that this machine does not have. */
  async *look(has: (pack: Digest) => boolean): AsyncGenerator<SharedPack> {
    const { objects } = this.remote;
    try {
      // A record outlives its pack if someone removes what is old.
      const [sizes, recorded] = await Promise.all([
        listed(objects.list(packsPrefix(this.set))),
        listed(objects.list(packRecordsPrefix(this.set))),
      ]);
      const packs = [...recorded.keys()].flatMap((name) => packOfRecord(this.set, name) ?? []);
      const whole = packs.filter((pack) => sizes.has(packObjectName(this.set, pack)));
      for (const pack of whole) this.there.add(pack);
      const news = whole.filter((pack) => !this.known.has(pack) && !has(pack));
      for (let start = 0; start < news.length; start += ASKING) {
        const some = news.slice(start, start + ASKING);
        for (const found of await Promise.all(some.map((pack) => this.read(pack)))) {
          if (found === undefined || found.size !== sizes.get(packObjectName(this.set, found.digest))) continue;
          this.known.add(found.digest);
          yield found;
        }
      }
    } catch (error) {
      // What guards the place has reported it: rows that are not found are computed.
      if (!(error instanceof ObjectStoreError)) throw error;
    }
  }

  /** Brings a pack to a path; false if it cannot be had. */
  async bring(pack: Pick<SharedPack, 'digest' | 'size'>, path: string): Promise<boolean> {
    if (this.wrong.has(pack.digest)) return false;
    const name = packObjectName(this.set, pack.digest);
    try {
      const fetched = await fetchObject(this.remote.objects, name, pack, this.files);
      if (fetched.state === 'here') return await this.files.moveInto(fetched.temporary, path);
      this.wrong.add(pack.digest);
      if (fetched.state === 'wrong') this.refuse(name, 'its bytes do not match its name');
      return false;
    } catch (error) {
      // A disk that takes no more costs reuse alone.
      if (!(error instanceof ObjectStoreError)) noteUnwritten(this.files, error);
      return false;
    }
  }

  /**
   * Shares a pack of this machine. Returns at once, and keeps nothing of it: many may wait. `readKeys` gives the keys of
   * its rows when it is sent, or undefined if it is gone. `isNew`: it was made just now, so nobody is asked whether it is
   * there.
   */
  offer(pack: Digest, path: string, readKeys: ReadKeys, isNew: boolean): void {
    this.known.add(pack);
    if (!isNew && this.there.has(pack)) return;
    const { remote, uploads, unshared } = this.parts;
    const send = (signal: AbortSignal): Promise<number> => this.upload(pack, { path, readKeys, isNew, signal });
    const work = remote.writing.state === 'off' ? send : unshared.during(packMark(this.set, pack), send);
    this.sending.push(uploads.add({ kind: 'pack', work }));
  }

  /** Resolves when all packs that were offered are sent or cannot be, to whether all are. */
  async sent(): Promise<boolean> {
    return (await Promise.all(this.sending)).every(Boolean);
  }

  private async upload(pack: Digest, { path, readKeys, isNew, signal }: UploadOptions): Promise<number> {
    const { objects, seals } = this.remote;
    const content = await fileContent(this.files, path, pack);
    if (content === undefined) return 0;
    if (!isNew && (await this.isShared(pack, content.size))) return 0;
    const keys = await readKeys();
    if (keys === undefined) return 0;
    const record = { format: 'pack-1', set: this.set, pack, size: content.size, keys: toBase64(keys) } as const;
    const sealed = seals.close(record satisfies Json, 'pack');
    if (sealed === undefined) return 0;
    await objects.put(packObjectName(this.set, pack), content, { signal });
    await objects.put(packRecordName(this.set, pack), bytesContent(sealed), { signal });
    this.there.add(pack);
    return content.size + sealed.length;
  }

  private async isShared(pack: Digest, size: number): Promise<boolean> {
    const { objects } = this.remote;
    return (await this.read(pack)) !== undefined && (await objects.head(packObjectName(this.set, pack)))?.size === size;
  }

  private async read(pack: Digest): Promise<SharedPack | undefined> {
    const name = packRecordName(this.set, pack);
    const bytes = await readSmall(this.remote.objects, name, PACK_RECORD_LIMIT);
    if (bytes === undefined) return undefined;
    const opened = this.remote.seals.open(bytes, 'pack');
    const signature = opened.state === 'accepted' ? opened.signature : undefined;
    const reason = opened.state === 'refused' ? opened.reason : undefined;
    const record = opened.state === 'accepted' && isPackRecord(opened.value) ? opened.value : undefined;
    const index = record && Buffer.from(record.keys, 'base64');
    if (record?.set === this.set && record.pack === pack && index !== undefined && index.length % KEY_BYTES === 0)
      return { digest: pack, size: record.size, index, origin: packOriginOf(signature?.key) };
    this.known.add(pack);
    this.refuse(name, reason ?? 'it is not the record of this pack');
    return undefined;
  }
}

/** Sizes by name. */
async function listed(pages: AsyncIterable<readonly ListedObject[]>): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  for await (const page of pages) for (const { name, size } of page) sizes.set(name, size);
  return sizes;
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
