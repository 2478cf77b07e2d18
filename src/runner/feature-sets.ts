/** The feature sets that stages have open: those that run side by side share one, and take turns to add to it. */
import type { Json } from '../core/canonical.js';
import type { Digest, FeatureSetKey } from '../core/digest.js';
import type { FeatureKey, FeatureStore, SharedFeatureStore } from '../core/stage.js';
import { featureSetKeyOf } from './action-key.js';

type Open = (key: FeatureSetKey, preimage: Json, rowLength: number) => Promise<FeatureStore>;

/** A set with all who use it. */
interface Shared {
  readonly store: Promise<FeatureStore>;
  users: number;
  /** Settles when those who asked for a turn so far have had it. */
  turns: Promise<unknown>;
}

export class FeatureSets {
  private readonly opened = new Map<FeatureSetKey, Shared>();
  private readonly closing = new Map<FeatureSetKey, Promise<void>>();

  constructor(private readonly openStore: Open) {}

  /** Opens a set, or shares the one that is open. It is closed when all who opened it have closed it. */
  async open(preimage: Json, rowLength: number): Promise<SharedFeatureStore> {
    const key = featureSetKeyOf(preimage);
    // The last rows of a set that is closing are in no pack yet: opened now, it would lack them.
    while (this.closing.has(key)) await this.closing.get(key)?.catch(() => undefined);
    const shared = this.opened.get(key) ?? { store: this.openStore(key, preimage, rowLength), users: 0, turns: Promise.resolve() };
    this.opened.set(key, shared);
    // Counted before anything is awaited, so that nobody closes it meanwhile.
    shared.users++;
    try {
      return new SharedFeatures(shared, await shared.store, () => this.release(key, shared));
    } catch (error) {
      this.opened.delete(key);
      throw error;
    }
  }

  private async release(key: FeatureSetKey, shared: Shared): Promise<void> {
    shared.users--;
    if (shared.users > 0) return;
    this.opened.delete(key);
    const closed = shared.store.then((store) => store.close()).finally(() => this.closing.delete(key));
    this.closing.set(key, closed);
    await closed;
  }
}

/** One user's view of a set. */
class SharedFeatures implements SharedFeatureStore {
  private released: Promise<void> | undefined;

  constructor(
    private readonly shared: Shared,
    private readonly store: FeatureStore,
    private readonly release: () => Promise<void>,
  ) {}

  has(digest: Digest, view: number): boolean {
    return this.store.has(digest, view);
  }

  readInto(keys: readonly FeatureKey[], out: Float32Array, row?: number): Promise<number[]> {
    return this.store.readInto(keys, out, row);
  }

  append(digest: Digest, view: number, row: Float32Array): Promise<void> {
    return this.store.append(digest, view, row);
  }

  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.shared.turns.then(work);
    // A turn that fails is its owner's affair; the next one comes all the same.
    this.shared.turns = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    this.released ??= this.release();
    await this.released;
  }
}
