/**
 * Locks, `v1/locks/<name>.lock`, that keep processes from doing the same work at once. They save work and guard
 * nothing: if a lock cannot be made, or two processes both think that they hold it, both do the work and publish the
 * same.
 *
 * A lock is written aside and linked into place, so that it is never seen without its owner. It counts as left behind
 * once its owner is dead, or has not touched it for 30 seconds, by the clock of the waiting process: that also covers
 * machines that share a folder, and a process that was stopped.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Waiting } from '../../core/stage.js';
import { isCount, isFiniteNumber, isShapedAs, isString, parseJson, type Guard } from '../../core/guards.js';
import type { Files } from './files.js';
import { isLockName } from '../upkeep/forms.js';
import { ageOf, livenessOf, owner } from './owner.js';

const TOUCH_MS = 5_000;
const SILENT_MS = 30_000;
/** Untouched for so long by any clock, a lock of another machine is not waited for. */
const FORGOTTEN_MS = 600_000;
const POLL_MS = 200;
/** What is in the way after this many tries cannot be a lock of ours. */
const TRIES = 5;
const SIZE_LIMIT = 4096;
const SUFFIX = '.lock';

/** The content of a lock file. */
export interface Holder {
  readonly owner: string;
  readonly pid: number;
  /** What it does, for people. */
  readonly label: string;
  /** When it began, in milliseconds since 1970. */
  readonly since: number;
  /** Distinguishes two locks of one process. */
  readonly nonce: string;
}

export interface Lock {
  release(): Promise<void>;
}

export type Attempt =
  { readonly state: 'held'; readonly lock: Lock } | { readonly state: 'taken'; readonly holder: Holder };

/** A lock in the folder. */
export interface FoundLock {
  readonly name: string;
  readonly path: string;
  readonly holder: Holder | undefined;
  readonly modifiedMs: number;
}

/** Nonces of the locks that this process holds: a lock of its own that it could not remove blocks nobody. */
const heldHere = new Set<string>();

export class Locks {
  private readonly folder: string;
  private readonly held = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  /** When the time of a lock was first seen, by this process's clock. */
  private readonly seen = new Map<string, { readonly modifiedMs: number; readonly at: number }>();

  constructor(private readonly files: Files) {
    this.folder = join(files.root, 'v1', 'locks');
  }

  /** Takes a lock, or returns its holder. Never rejects. */
  async tryTake(name: string, label: string): Promise<Attempt> {
    const path = join(this.folder, `${name}${SUFFIX}`);
    const mine: Holder = {
      owner: owner(),
      pid: process.pid,
      label,
      since: Date.now(),
      nonce: randomBytes(8).toString('hex'),
    };
    heldHere.add(mine.nonce);
    try {
      for (let tries = 0; tries < TRIES; tries++) {
        const made = await this.files.publish(path, Buffer.from(JSON.stringify(mine)), {
          ifTaken: 'keep',
          durable: false,
        });
        if (made) return { state: 'held', lock: this.hold(path, mine) };
        const found = await this.read(name);
        if (found === undefined) continue;
        if (found.holder !== undefined && !this.isLeft(found, found.holder)) {
          heldHere.delete(mine.nonce);
          return { state: 'taken', holder: found.holder };
        }
        await this.breakLock(found);
      }
    } catch {
      // A read-only store has no locks.
    }
    heldHere.delete(mine.nonce);
    return { state: 'held', lock: { release: () => Promise.resolve() } };
  }

  /** Does work while no one else does work of this name. */
  async during<Result>(
    name: string,
    label: string,
    work: () => Promise<Result>,
    waiting: Waiting = {},
  ): Promise<Result> {
    const lock = await this.take(name, label, waiting);
    try {
      return await work();
    } finally {
      await lock.release();
    }
  }

  private async take(name: string, label: string, { signal, onWait }: Waiting): Promise<Lock> {
    const report = reportOnce((holder) => onWait?.(holder));
    for (;;) {
      const attempt = await this.tryTake(name, label);
      if (attempt.state === 'held') return attempt.lock;
      report(attempt.holder);
      await this.pause(signal);
    }
  }

  /** Waits for a random short time, so that waiting processes do not try at once. */
  pause(signal?: AbortSignal): Promise<void> {
    return delay(POLL_MS * (0.75 + Math.random() / 2), undefined, { signal });
  }

  /** All locks, those that were left behind among them. */
  async list(): Promise<FoundLock[]> {
    const names = (await this.files.list(this.folder)).filter(
      (file) => file.endsWith(SUFFIX) && isLockName(file.slice(0, -SUFFIX.length)),
    );
    const found = await Promise.all(names.map((file) => this.read(file.slice(0, -SUFFIX.length))));
    return found.filter((one) => one !== undefined);
  }

  /** Removes the locks of dead processes. */
  async sweep(): Promise<void> {
    for (const found of await this.list()) {
      if (found.holder === undefined || this.isLeft(found, found.holder)) await this.breakLock(found);
    }
  }

  isLeft({ path, modifiedMs }: FoundLock, holder: Holder): boolean {
    const liveness = livenessOf(holder.owner);
    if (liveness === 'dead' || (holder.owner === owner() && !heldHere.has(holder.nonce))) return true;
    const before = this.seen.get(path);
    if (before?.modifiedMs !== modifiedMs) this.seen.set(path, { modifiedMs, at: performance.now() });
    else if (performance.now() - before.at > SILENT_MS) return true;
    return liveness === 'elsewhere' && ageOf(modifiedMs) > FORGOTTEN_MS;
  }

  private async read(name: string): Promise<FoundLock | undefined> {
    const path = join(this.folder, `${name}${SUFFIX}`);
    const info = await this.files.infoIfThere(path);
    const bytes = await this.files.readIfThere(path, { limit: SIZE_LIMIT });
    return info && bytes && { name, path, modifiedMs: info.modifiedMs, holder: parse(bytes) };
  }

  /** Moves a lock away before checking its owner again: only one of several processes gets it. */
  private async breakLock({ path, holder }: FoundLock): Promise<void> {
    const aside = await this.files.takeAside(path);
    if (aside === undefined) return;
    const bytes = await this.files.readIfThere(aside);
    const found = bytes && parse(bytes);
    const wrong = found !== undefined && found.nonce !== holder?.nonce;
    // In between another process broke the same lock and took its own: that one is put back, unless a third is there already.
    if (wrong) await this.files.moveInto(aside, path, { ifTaken: 'keep', durable: false });
    else await this.files.removeIfThere(aside);
  }

  private hold(path: string, mine: Holder): Lock {
    this.held.add(path);
    this.timer ??= setInterval(() => this.held.forEach((one) => void this.files.uses.touch(one)), TOUCH_MS).unref();
    return {
      release: async () => {
        this.held.delete(path);
        if (this.held.size === 0) {
          clearInterval(this.timer);
          this.timer = undefined;
        }
        const bytes = await this.files.readIfThere(path).catch(() => undefined);
        if (bytes && parse(bytes)?.nonce === mine.nonce) await this.files.removeIfThere(path).catch(() => undefined);
        // Only now: before, another of this process would break the lock, take its own, and lose that to the removal above.
        heldHere.delete(mine.nonce);
      },
    };
  }
}

/** Reports each lock that is waited for once, and never those that this process holds. */
export function reportOnce(report: (holder: Holder) => void): (holder: Holder) => void {
  let reported = '';
  return (holder) => {
    // By owner, as a process in another container may have the same id.
    if (holder.nonce !== reported && holder.owner !== owner()) report(holder);
    reported = holder.nonce;
  };
}

const isHolder: Guard<Holder> = isShapedAs({
  owner: isString,
  pid: isCount,
  label: isString,
  since: isFiniteNumber,
  nonce: isString,
});

function parse(bytes: Buffer): Holder | undefined {
  return parseJson(bytes.toString('utf8'), isHolder);
}
