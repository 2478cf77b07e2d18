/**
 * Results that a team shares, in front of an object store. Nothing from there is believed before it is hashed and its
 * maker is known; anything wrong is a miss. What this machine computes goes there beside the work, and a failure of that
 * fails no run.
 */
import { canonical, type Json } from '../../core/canonical.js';
import type { ActionKey, BlobRef, Digest, FeatureSetKey } from '../../core/digest.js';
import { ObjectStoreError } from '../../object-store/object-store.js';
import type { Blobs } from '../blobs.js';
import type { Files } from '../disk/files.js';
import { isActionRecord, RECORD_LIMIT, type ActionRecord, type Origin, type Records } from '../records.js';
import { fetchObject } from './fetch-object.js';
import { bytesContent } from '../../object-store/content.js';
import { blobName, recordName } from './layout.js';
import { readSmall } from './read-small.js';
import type { Remote } from './remote.js';
import { SharedPacks } from './shared-packs.js';
import { packMark, Unshared } from './unshared.js';
import { orAborted, Uploads, type SharedSummary } from './uploads.js';

/** A record of the shared cache whose blobs are all there, or here. */
export interface SharedHit {
  readonly record: ActionRecord;
  /** The name of the key that signed it. */
  readonly by?: string;
  readonly origin: Origin;
}

export class SharedCache {
  readonly uploads: Uploads;
  private readonly unshared: Unshared;
  private leftOffered: Promise<void> | undefined;
  /** What was found for a key, so that a run asks once. */
  private readonly hits = new Map<ActionKey, Promise<SharedHit | undefined>>();
  /** Blobs that turned out to be wrong. */
  private readonly wrong = new Set<Digest>();
  private readonly refused = new Set<string>();

  constructor(
    readonly remote: Remote,
    private readonly files: Files,
    private readonly blobs: Blobs,
    private readonly records: Records,
  ) {
    this.uploads = new Uploads(remote.writing);
    this.unshared = new Unshared(files, remote.objects.address);
  }

  /** The shared record of a key. `again`: ask even if this process has asked before. */
  hit(key: ActionKey, again = false): Promise<SharedHit | undefined> {
    const known = again ? undefined : this.hits.get(key);
    if (known !== undefined) return known;
    const asked = this.orNothing(() => this.ask(key));
    this.hits.set(key, asked);
    return asked;
  }

  /** Brings all blobs of a record, then publishes it here. False if one of them cannot be had. */
  async bring({ record, origin }: Pick<SharedHit, 'record' | 'origin'>): Promise<boolean> {
    const refs = Object.values(record.outputs);
    const came = await Promise.all(refs.map((ref) => this.bringBlob(ref)));
    if (!came.every(Boolean)) {
      this.hits.set(record.key, Promise.resolve(undefined));
      return false;
    }
    await this.records.adopt({ ...record, origin });
    return true;
  }

  /** Whether a blob is in this store now. */
  async bringBlob(ref: BlobRef): Promise<boolean> {
    if (await this.blobs.has(ref)) return true;
    if (this.wrong.has(ref.digest)) return false;
    const brought = await this.orNothing(async () => {
      const fetched = await fetchObject(this.remote.objects, blobName(ref.digest), ref, this.files);
      if (fetched.state === 'here') {
        await this.blobs.adopt(fetched.temporary, ref);
        return true;
      }
      this.wrong.add(ref.digest);
      if (fetched.state === 'wrong') this.refuse(blobName(ref.digest), 'its bytes do not match its name');
      return false;
    });
    return brought === true;
  }

  /** Shares a record and its blobs, in this order: blobs, record. Resolves to whether they are there. */
  offer(record: ActionRecord): Promise<boolean> {
    const send = (signal: AbortSignal): Promise<number> => this.upload(record, signal);
    if (this.remote.writing.state === 'off') return this.uploads.add({ kind: 'result', work: send });
    return this.uploads.add({ kind: 'result', work: this.unshared.during(record.key, send) });
  }

  packs(set: FeatureSetKey): SharedPacks {
    const { remote, files, uploads, unshared } = this;
    return new SharedPacks(set, { remote, files, uploads, unshared }, (name, reason) => this.refuse(name, reason));
  }

  /** Waits until all is shared that can be, or until the signal. Never rejects. */
  async settle(signal?: AbortSignal): Promise<SharedSummary> {
    // What the disk does not give is offered another time.
    this.leftOffered ??= this.offerLeft().catch(() => undefined);
    await orAborted(this.leftOffered, signal);
    return this.uploads.settle(signal);
  }

  /**
   * Offers what earlier runs have computed and could not share: they were killed, or the place was gone. If the first
   * of it cannot be shared now either, the rest waits for the next time.
   */
  private async offerLeft(): Promise<void> {
    if (this.remote.writing.state === 'off') return;
    const { results, packs } = await this.unshared.left();
    const offers: (() => Promise<boolean>)[] = [];
    for (const [set, wanted] of packs) {
      const { hasPack, offerSet } = await import('./whole-sets.js');
      for (const pack of wanted)
        if (!(await hasPack(this.files, set, pack))) await this.unshared.forget(packMark(set, pack));
      const sharing = this.packs(set);
      offers.push(async () => {
        await offerSet(this.files, set, sharing, wanted);
        return sharing.sent();
      });
    }
    for (const key of results) {
      const record = await this.records.hit(key);
      if (record === undefined) await this.unshared.forget(key);
      else offers.push(() => this.offer(record));
    }
    const [first, ...others] = offers;
    if (first !== undefined && (await first())) await Promise.all(others.map((offer) => offer()));
  }

  private async ask(key: ActionKey): Promise<SharedHit | undefined> {
    const found = await this.read(key);
    if (found === undefined) return undefined;
    const present = await Promise.all(Object.values(found.record.outputs).map((ref) => this.isReachable(ref)));
    return present.every(Boolean) ? found : undefined;
  }

  /** The record of a key, if it can be believed. */
  private async read(key: ActionKey): Promise<SharedHit | undefined> {
    const name = recordName(key);
    const bytes = await readSmall(this.remote.objects, name, RECORD_LIMIT);
    if (bytes === undefined) return undefined;
    const opened = this.remote.seals.open(bytes, 'record');
    if (opened.state === 'refused') return this.refuse(name, opened.reason);
    if (!isActionRecord(opened.value)) return this.refuse(name, 'it is not a record of this version');
    // Only this store says where a record came from.
    if (Object.hasOwn(opened.value, 'origin')) return this.refuse(name, 'it is not a record of this version');
    const record = opened.value;
    if (record.key !== key) return this.refuse(name, 'it belongs to another key');
    const { by, signature } = opened;
    return { record, origin: signature === undefined ? {} : { signature }, ...(by === undefined ? {} : { by }) };
  }

  private async isReachable(ref: BlobRef): Promise<boolean> {
    if (await this.blobs.has(ref)) return true;
    if (this.wrong.has(ref.digest)) return false;
    return (await this.remote.objects.head(blobName(ref.digest)))?.size === ref.size;
  }

  /** Results that are there already are not sent again. The first record of a key stays, if it can be believed. */
  private async upload(record: ActionRecord, signal: AbortSignal): Promise<number> {
    const { objects, note } = this.remote;
    const sealed = this.sealed(record);
    // Of others, and no longer accepted: it is not for this machine to put its name to it.
    if (sealed === undefined) return 0;
    const standing = await this.read(record.key);
    let bytes = 0;
    const outputs = canonical(record.outputs);
    if (standing !== undefined && canonical(standing.record.outputs) !== outputs) {
      if ((await this.ask(record.key)) !== undefined) {
        note(
          'shared-result-differs',
          `the shared cache has another result for the same inputs (${record.key.slice(0, 12)}), which is kept`,
        );
        return 0;
      }
    }
    for (const ref of uniqueRefs(record)) {
      const isThere = (await objects.head(blobName(ref.digest)))?.size === ref.size;
      if (isThere && !this.wrong.has(ref.digest)) continue;
      const content = await this.blobs.content(ref);
      // Collected since: without its blobs, a record is of no use to others.
      if (content === undefined) return bytes;
      await objects.put(blobName(ref.digest), content, { signal });
      this.wrong.delete(ref.digest);
      bytes += ref.size;
    }
    if (standing !== undefined && canonical(standing.record.outputs) === outputs) return bytes;
    await objects.put(recordName(record.key), bytesContent(sealed), { signal });
    this.hits.delete(record.key);
    return bytes + sealed.length;
  }

  /** A record of this machine is signed by it; one of others keeps the signature that it came with. */
  private sealed({ origin, ...record }: ActionRecord): Buffer | undefined {
    const { seals } = this.remote;
    const value = record as unknown as Json;
    return origin === undefined ? seals.close(value, 'record') : seals.again(value, origin.signature);
  }

  /** One of a kind is enough: a strange bucket can hold any number. */
  private refuse(name: string, reason: string): undefined {
    if (this.refused.has(reason)) return;
    this.refused.add(reason);
    this.remote.note('shared-refused', `${name} in the shared cache is not used: ${reason}`);
  }

  /** Failures of the place are reported by what guards it; here they are a miss. */
  private async orNothing<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ObjectStoreError) return undefined;
      throw error;
    }
  }
}

function uniqueRefs({ outputs }: ActionRecord): BlobRef[] {
  return [...new Map(Object.values(outputs).map((ref) => [ref.digest, ref])).values()];
}
