/** JSON outputs that stages read. Variants of a matrix read the same ones, so the last ones are kept, as far as they are small. */
import type { BlobRef, Digest } from '../core/digest.js';
import { parseJson, type Guard } from '../core/guards.js';
import { failure, type PipelineError } from '../core/problem.js';
import type { Store } from '../store/store.js';
import { readBytes } from './read-blob.js';

/** Of their text, in bytes: parsed, they take several times that. */
const MOST_BYTES = 8 * 2 ** 20;

interface Kept {
  readonly size: number;
  readonly isValue: Guard<unknown>;
  readonly value: Promise<unknown>;
}

export class Documents {
  /** By digest of the text, the one that was asked for last at the end. */
  private readonly kept = new Map<Digest, Kept>();
  private bytes = 0;

  constructor(private readonly readBytes: (ref: BlobRef) => Promise<Buffer>) {}

  /**
   * Throws what `readBytes` throws, and `bad-data` if the output has another form: its record was not written by this
   * tool. A document is shared by all who read it, and never changed.
   */
  read<Value>(ref: BlobRef, isValue: Guard<Value>): Promise<Value> {
    const known = this.kept.get(ref.digest);
    if (known !== undefined) this.remove(ref.digest, known);
    const value = known?.isValue === isValue ? (known.value as Promise<Value>) : this.parse(ref, isValue);
    if (ref.size <= MOST_BYTES) this.keep(ref, { size: ref.size, isValue, value });
    return value;
  }

  private async parse<Value>(ref: BlobRef, isValue: Guard<Value>): Promise<Value> {
    const value = parseJson((await this.readBytes(ref)).toString('utf8'), isValue);
    if (value === undefined) throw ofAnotherForm(ref);
    return value;
  }

  private keep({ digest }: BlobRef, one: Kept): void {
    this.kept.set(digest, one);
    this.bytes += one.size;
    for (const [oldest, { size }] of this.kept) {
      if (this.bytes <= MOST_BYTES) break;
      this.kept.delete(oldest);
      this.bytes -= size;
    }
    // What cannot be read now may be there again later.
    one.value.catch(() => this.remove(digest, one));
  }

  private remove(digest: Digest, one: Kept): void {
    if (this.kept.get(digest) !== one) return;
    this.kept.delete(digest);
    this.bytes -= one.size;
  }
}

const ofStores = new WeakMap<Store, Documents>();

/** The documents of a store, or of one in memory that takes its place. */
export function documentsIn(store: Store): Documents {
  const documents = ofStores.get(store) ?? new Documents((ref) => readBytes(store, ref));
  ofStores.set(store, documents);
  return documents;
}

function ofAnotherForm({ digest }: BlobRef): PipelineError {
  return failure('bad-data', {
    code: 'result-of-another-form',
    where: `result ${digest.slice(0, 12)}`,
    found: 'this cached result does not have the format that this tool writes',
    expected: 'a cache that only this tool writes to',
    remedy: 'remove the cache unless you know who changed it, then run again: everything is computed again',
  });
}
