/** Which items of a store are needed by last runs, which are held by running ones, and which blobs the records name. */
import { COARSEST_TIME_MS } from '../disk/cache-fs.js';
import type { Files } from '../disk/files.js';
import type { Item } from './inventory.js';
import { oldestJob } from '../active-jobs.js';
import type { Limits } from '../limits.js';
import type { Locks } from '../disk/locks.js';
import { ageOf, isFuture, livenessOf } from '../disk/owner.js';
import { parseRecord, RECORD_LIMIT, type ActionRecord } from '../records.js';
import { pipelineExists, readRoot } from '../roots.js';

export interface Needs {
  /** Needed by the last run of a pipeline. */
  readonly needed: ReadonlySet<Item>;
  /** In use or being made. */
  readonly held: ReadonlySet<Item>;
  /** The digests of the blobs of each record that could be read. */
  readonly blobsOf: ReadonlyMap<Item, readonly string[]>;
}

export async function findNeeds(
  files: Files,
  locks: Locks,
  items: readonly Item[],
  { maxAgeMs }: Limits,
  now: number,
): Promise<Needs> {
  const records = await readRecords(files, items);
  const roots = await livingRoots(files, items, (item) => ageOf(item.usedMs, now) > maxAgeMs);
  const names = namesNeeded([...records.values()].filter(({ key }) => roots.keys.has(key)));
  const blobsOf = new Map(
    [...records].map(([item, { outputs }]) => [
      item,
      [...new Set(Object.values(outputs).map(({ digest }) => digest as string))],
    ]),
  );
  // A record all of whose blobs stay anyway costs no more than itself: those of downloads are such.
  const isNeeded = (item: Item): boolean =>
    names.has(`${item.kind} ${item.name}`) ||
    roots.items.has(item) ||
    (blobsOf.get(item)?.every((digest) => names.has(`blobs ${digest}`)) ?? false);
  const heldSince = (await oldestJob(locks)) - COARSEST_TIME_MS;
  const worked = await namesWorkedOn(locks);
  const isHeld = ({ kind, name, path, usedMs }: Item): boolean =>
    (usedMs >= heldSince && !isFuture(usedMs, now)) ||
    worked.has(name) ||
    (kind === 'tmp' && ownerIn(path) === 'alive');
  return { needed: new Set(items.filter(isNeeded)), held: new Set(items.filter(isHeld)), blobsOf };
}

/** Whether the process that a temporary file is named for lives. Parts of downloads that rest are named for none. */
export function ownerIn(path: string): ReturnType<typeof livenessOf> | 'nobody' {
  const name = path.split(/[/\\]/).at(-1)!;
  if (!name.startsWith('download-')) return livenessOf(name);
  const [, rest] = name.split('.', 2);
  return rest === 'part' ? 'nobody' : livenessOf(rest);
}

async function readRecords(files: Files, items: readonly Item[]): Promise<Map<Item, ActionRecord>> {
  const records = new Map<Item, ActionRecord>();
  for (const item of items) {
    if (item.kind !== 'records' || item.claim !== 'whole') continue;
    const bytes = await files.readIfThere(item.path, { limit: RECORD_LIMIT });
    const record = bytes && parseRecord(bytes, item.name);
    if (typeof record === 'string') await files.setAside(item.path, record);
    else if (record !== undefined) records.set(item, record);
  }
  return records;
}

async function livingRoots(
  files: Files,
  items: readonly Item[],
  isAged: (item: Item) => boolean,
): Promise<{ items: Set<Item>; keys: Set<string> }> {
  const living = { items: new Set<Item>(), keys: new Set<string>() };
  for (const item of items) {
    if (item.kind !== 'roots' || item.claim !== 'whole') continue;
    const root = await readRoot(files, item.path);
    if (root === undefined || (isAged(item) && !(await pipelineExists(root)))) continue;
    living.items.add(item);
    for (const key of root.keys) living.keys.add(key);
  }
  return living;
}

function namesNeeded(records: readonly ActionRecord[]): Set<string> {
  const names = new Set<string>();
  for (const { key, outputs, uses } of records) {
    names.add(`records ${key}`);
    for (const { digest } of Object.values(outputs)) names.add(`blobs ${digest}`);
    for (const digest of uses?.downloads ?? []) names.add(`blobs ${digest}`);
    for (const set of uses?.features ?? []) names.add(`features ${set}`);
    for (const archive of uses?.archives ?? []) names.add(`unpacked ${archive}`);
  }
  return names;
}

/** The keys that someone works on: everything under such a name is theirs. */
async function namesWorkedOn(locks: Locks): Promise<Set<string>> {
  const found = await locks.list();
  return new Set(
    found.filter((one) => one.holder !== undefined && !locks.isLeft(one, one.holder)).map(({ name }) => name),
  );
}
