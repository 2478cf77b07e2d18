/**
 * How fast this machine turned out to be, by workload: `.pipeline/rates.json`. Plans estimate times from it; nothing
 * else reads it, and losing it costs an estimate.
 */
import { canonical, type Json } from '../core/canonical.js';
import { digestOf, isDigest } from '../core/digest.js';
import { isFiniteNumber, isMapOf, isOneOf, isShapedAs, type Guard } from '../core/guards.js';
import { readOwnJson } from '../core/own-json.js';
import type { Measurement } from '../core/stage.js';
import { writeWhole } from '../store/disk/write-atomic.js';

interface RatesFile {
  readonly format: 1;
  /** By the digest of a workload. */
  readonly rates: Readonly<Record<string, Measurement>>;
}

export class Rates {
  private readonly added = new Map<string, Measurement>();
  private known: Promise<ReadonlyMap<string, Measurement>> | undefined;

  constructor(private readonly path: string) {}

  /** Images per second; undefined if such work was never measured here. */
  async get(workload: Json): Promise<number | undefined> {
    this.known ??= read(this.path);
    const key = digestOf(canonical(workload));
    const measured = this.added.get(key) ?? (await this.known).get(key);
    return measured === undefined ? undefined : (measured.pictures / measured.ms) * 1000;
  }

  /** Adds a measurement; one without images is ignored. */
  add(workload: Json, { pictures, ms }: Measurement): void {
    if (pictures < 1 || !(ms > 0)) return;
    const key = digestOf(canonical(workload));
    const before = this.added.get(key) ?? { pictures: 0, ms: 0 };
    this.added.set(key, { pictures: before.pictures + pictures, ms: before.ms + ms });
  }

  /** Saves what was added, if anything. Earlier measurements count half: a machine may be busier today. */
  async save(): Promise<void> {
    if (this.added.size === 0) return;
    const rates = new Map(await read(this.path));
    for (const [key, { pictures, ms }] of this.added) {
      const before = rates.get(key) ?? { pictures: 0, ms: 0 };
      rates.set(key, { pictures: pictures + before.pictures / 2, ms: ms + before.ms / 2 });
    }
    const content: RatesFile = { format: 1, rates: Object.fromEntries(rates) };
    await writeWhole(this.path, `${JSON.stringify(content)}\n`);
    this.added.clear();
    this.known = Promise.resolve(rates);
  }
}

const isMeasurement: Guard<Measurement> = isShapedAs({ pictures: isFiniteNumber, ms: isFiniteNumber });
const isRatesFile: Guard<RatesFile> = isShapedAs({ format: isOneOf(1), rates: isMapOf(isMeasurement, isDigest) });

/** A missing or damaged file is an empty one. */
async function read(path: string): Promise<ReadonlyMap<string, Measurement>> {
  const content = await readOwnJson(path, isRatesFile);
  return new Map(Object.entries(content?.rates ?? {}).filter(([, { pictures, ms }]) => pictures > 0 && ms > 0));
}
