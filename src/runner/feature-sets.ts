/** The feature sets of a session: stages share them, so that each sees what another adds, and reads rows from disk once. */
import type { Json } from '../core/canonical.js';
import type { FeatureSetKey } from '../core/digest.js';
import type { FloatType } from '../core/schema-types.js';
import type { FeatureStore, Settings } from '../core/stage.js';
import { featureSetKeyOf } from './action-key.js';

type Open = (key: FeatureSetKey, preimage: Json, rowLength: number, type: FloatType) => Promise<FeatureStore>;

export class FeatureSets {
  private readonly opened = new Map<FeatureSetKey, Promise<FeatureStore>>();
  /** By preimage, which contains a whole network and is asked for several times. */
  private readonly keys = new WeakMap<object, FeatureSetKey>();

  constructor(
    private readonly settings: Pick<Settings, 'featureType' | 'machineClass'>,
    private readonly openStore: Open,
  ) {}

  keyOf(preimage: Json): FeatureSetKey {
    if (typeof preimage !== 'object' || preimage === null) return featureSetKeyOf(preimage, this.settings);
    const key = this.keys.get(preimage) ?? featureSetKeyOf(preimage, this.settings);
    this.keys.set(preimage, key);
    return key;
  }

  /** Opens a set, or gives the one that is open. It stays open for the stages to come; one that cannot be opened is tried again. */
  open(preimage: Json, rowLength: number, type = this.settings.featureType): Promise<FeatureStore> {
    const key = this.keyOf(preimage);
    const known = this.opened.get(key);
    if (known !== undefined) return known;
    const opening = this.openStore(key, preimage, rowLength, type);
    this.opened.set(key, opening);
    opening.catch(() => this.opened.delete(key));
    return opening;
  }

  /** Closes all sets, when no stage runs any more. What stages have flushed is safe whether this succeeds or not. */
  async close(): Promise<void> {
    const opened = [...this.opened.values()];
    this.opened.clear();
    await Promise.allSettled(opened.map(async (set) => (await set).close()));
  }
}
