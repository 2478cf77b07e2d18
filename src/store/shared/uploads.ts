/** Sends what this machine has computed, beside the work: a few at a time, and without failing anything. */
import type PQueue from 'p-queue';
import { isNativeError } from 'node:util/types';
import { ObjectStoreError } from '../../object-store/object-store.js';
import type { Writing } from './remote.js';

export type SharedKind = 'result' | 'pack';

export interface Upload {
  readonly kind: SharedKind;
  /** Sends it, and returns how many bytes went up; 0 if all was there. */
  work(signal: AbortSignal): Promise<number>;
}

/** What came of the uploads. */
export interface SharedSummary {
  readonly shared: Readonly<Record<SharedKind, number>>;
  readonly bytes: number;
  /** How many were not shared, by reason: the first of each kind, because a server may word each failure in another way. */
  readonly failed: ReadonlyMap<string, number>;
}

const AT_ONCE = 4;

export class Uploads {
  private readonly shared: Record<SharedKind, number> = { result: 0, pack: 0 };
  private readonly failed = new Map<string, { readonly reason: string; items: number }>();
  private bytes = 0;
  private waiting = 0;
  private stopped = 0;
  private readonly stopping = new AbortController();
  private queue: Promise<PQueue> | undefined;

  /** How many are not done yet. */
  get pending(): number {
    return this.waiting;
  }

  constructor(private readonly writing: Writing) {}

  /** Resolves when it is sent or cannot be, to whether it is; never rejects. */
  async add(upload: Upload): Promise<boolean> {
    const { writing } = this;
    if (writing.state === 'off') {
      if (writing.why !== undefined) this.leaveOut(writing.why);
      return false;
    }
    this.waiting++;
    // Loaded only if there is work: a run that has nothing to do ends sooner.
    this.queue ??= import('p-queue').then((library) => new library.default({ concurrency: AT_ONCE }));
    return (await this.queue).add(() => this.send(upload));
  }

  /** Waits for all that were added so far, or until the signal. Those that are left out then count as failed. */
  async settle(signal?: AbortSignal): Promise<SharedSummary> {
    const queue = await this.queue;
    if (queue !== undefined) {
      await orAborted(queue.onIdle(), signal);
      if (signal?.aborted === true) this.stop();
    }
    const failed = new Map([...this.failed.values()].map(({ reason, items }) => [reason, items]));
    const stopped = this.stopped + (signal?.aborted === true ? this.waiting : 0);
    if (stopped > 0) failed.set('the run was interrupted', stopped);
    return { shared: { ...this.shared }, bytes: this.bytes, failed };
  }

  /** Ends what is under way and leaves out what has not begun: its promises resolve. */
  stop(): void {
    this.stopping.abort();
  }

  private async send({ kind, work }: Upload): Promise<boolean> {
    const { signal } = this.stopping;
    try {
      signal.throwIfAborted();
      const bytes = await work(signal);
      this.bytes += bytes;
      if (bytes > 0) this.shared[kind]++;
      return true;
    } catch (error) {
      if (signal.aborted) {
        this.stopped++;
        return false;
      }
      const reason = isNativeError(error) ? error.message : String(error);
      this.leaveOut(reason, error instanceof ObjectStoreError ? error.kind : reason);
      return false;
    } finally {
      this.waiting--;
    }
  }

  private leaveOut(reason: string, kind = reason): void {
    const found = this.failed.get(kind);
    if (found === undefined) this.failed.set(kind, { reason, items: 1 });
    else found.items++;
  }
}

/** Resolves when the work is done, or the signal aborts. */
export async function orAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  let stop = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    if (signal.aborted) resolve();
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
