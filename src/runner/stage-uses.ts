/** Notes what a stage uses of the store beside outputs, so that it is kept as long as the stage's record is needed. */
import type { Digest, FeatureSetKey } from '../core/digest.js';
import type { SourceHost } from '../core/source.js';
import type { Uses } from '../store/records.js';

export class UsesOfStage {
  readonly features = new Set<FeatureSetKey>();
  private readonly archives = new Set<Digest>();
  private readonly downloads = new Set<Digest>();

  /** The same host, watched. */
  watch(host: SourceHost): SourceHost {
    const { store } = host;
    const archive = <Result>(digest: Digest, result: Result): Result => (this.archives.add(digest), result);
    const download = <Result>(digest: Digest, result: Result): Result => (this.downloads.add(digest), result);
    return {
      ...host,
      store: {
        ...store,
        verified: (digest) => download(digest, store.verified(digest)),
        adopt: (temporary, ref) => download(ref.digest, store.adopt(temporary, ref)),
        unpacked: (digest) => archive(digest, store.unpacked(digest)),
        unpack: (digest, fill) => archive(digest, store.unpack(digest, fill)),
      },
    };
  }

  /** What to add to the record: nothing if nothing was used. */
  found(): { readonly uses?: Uses } {
    const { features, archives, downloads } = this;
    if (features.size + archives.size + downloads.size === 0) return {};
    return { uses: { features: [...features], archives: [...archives], downloads: [...downloads] } };
  }
}
