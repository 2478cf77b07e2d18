/**
 * What was computed here and may not be in the shared cache yet: one empty file per result or pack,
 * `v1/unshared/<place>/<key>` or `<set>.<pack>`. It goes once it is shared, or refused for good; what a killed run
 * leaves, the next run offers again.
 */
import { join } from 'node:path';
import {
  digestOf,
  fileNameOf,
  isActionKey,
  isDigest,
  isFeatureSetKey,
  type ActionKey,
  type Digest,
  type FeatureSetKey,
} from '../../core/digest.js';
import { isPassing } from '../../object-store/object-store.js';
import type { Files } from '../disk/files.js';
import type { Upload } from './uploads.js';

export interface Left {
  readonly results: readonly ActionKey[];
  readonly packs: ReadonlyMap<FeatureSetKey, ReadonlySet<Digest>>;
}

export function packMark(set: FeatureSetKey, pack: Digest): string {
  return `${fileNameOf(set)}.${fileNameOf(pack)}`;
}

export class Unshared {
  private readonly folder: string;
  /** What this process has offered itself. */
  private readonly offered = new Set<string>();

  /** `address`: what is computed for one place is not sent to another. */
  constructor(
    private readonly files: Files,
    address: string,
  ) {
    this.folder = join(files.root, 'v1', 'unshared', digestOf(address).slice(0, 32));
  }

  /** Remembers an upload until it is over. Returns the upload. */
  during(name: string, upload: Upload['work']): Upload['work'] {
    this.offered.add(name);
    const path = join(this.folder, name);
    // A cache that cannot be written only forgets what to offer again.
    const marked = this.files
      .publish(path, new Uint8Array(), { ifTaken: 'keep', durable: false })
      .catch(() => undefined);
    const over = (): Promise<void> => this.files.removeIfThere(path).catch(() => undefined);
    return async (signal) => {
      await marked;
      try {
        const bytes = await upload(signal);
        await over();
        return bytes;
      } catch (error) {
        // Refusals do not change by themselves, and were reported: `cache push` shares what they concern.
        if (!signal.aborted && !isPassing(error)) await over();
        throw error;
      }
    };
  }

  /** What earlier processes have left. */
  async left(): Promise<Left> {
    const names = (await this.files.list(this.folder)).filter((name) => !this.offered.has(name));
    const packs = new Map<FeatureSetKey, Set<Digest>>();
    for (const name of names) {
      const [set, pack] = name.split('.');
      if (!isFeatureSetKey(set) || !isDigest(pack)) continue;
      packs.set(set, (packs.get(set) ?? new Set()).add(pack));
    }
    return { results: names.filter(isActionKey), packs };
  }

  /** For what is not here any more. */
  async forget(name: string): Promise<void> {
    await this.files.removeIfThere(join(this.folder, name)).catch(() => undefined);
  }
}
