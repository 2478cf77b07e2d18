/** Maintenance of a store: what is in it, what can be removed, and what is damaged. */
import { nodeFs, type CacheFs } from '../disk/cache-fs.js';
import { Files, type DamageNote } from '../disk/files.js';
import { collect, sizeOf, type Collection } from './gc.js';
import { takeInventory } from './inventory.js';
import type { Limits } from '../limits.js';
import { Locks } from '../disk/locks.js';
import { findNeeds } from './needs.js';
import { verifyStore, type Verification } from './verify.js';

/** The numbers of one kind of item. */
interface KindUsage {
  readonly kind: string;
  readonly items: number;
  readonly files: number;
  readonly bytes: number;
  /** Bytes that last runs need or running jobs hold. */
  readonly bytesKept: number;
}

export interface Shelf {
  usage(limits: Limits): Promise<KindUsage[]>;
  /** Waits for another collection of the same store. */
  collect(limits: Limits, dryRun: boolean): Promise<Collection>;
  verify(): Promise<Verification>;
}

export interface ShelfOptions {
  readonly onDamage: (note: DamageNote) => void;
  readonly fs?: CacheFs;
}

export function openShelf(root: string, { onDamage, fs = nodeFs }: ShelfOptions): Shelf {
  const files = new Files(root, fs, onDamage);
  const locks = new Locks(files);
  files.uses.stop(); // maintenance does not count as use
  return {
    usage: async (limits) => {
      const items = await takeInventory(files);
      const { needed, held } = await findNeeds(files, locks, items, limits, Date.now());
      return [...new Set(items.map(({ kind }) => kind))].map((kind) => {
        const own = items.filter((item) => item.kind === kind);
        const kept = own.filter((item) => needed.has(item) || held.has(item));
        return {
          kind,
          items: own.length,
          files: own.reduce((sum, item) => sum + item.files, 0),
          bytes: sizeOf(own),
          bytesKept: sizeOf(kept),
        };
      });
    },
    collect: (limits, dryRun) => {
      const work = () => collect(files, locks, limits, { dryRun });
      return dryRun ? work() : locks.during('gc', 'collects', work);
    },
    verify: () => verifyStore(files),
  };
}
