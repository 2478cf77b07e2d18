/** One process at a time works on each key; others wait and use what it publishes. */
import type { ActionKey } from '../core/digest.js';
import type { Outputs } from '../core/stage.js';
import { reportOnce } from '../store/disk/locks.js';
import type { Store } from '../store/store.js';

/** `made`: another process has produced this since we looked. */
export type Flight<Result> =
  { readonly state: 'done'; readonly result: Result } | { readonly state: 'made'; readonly outputs: Outputs };

export interface FlightOptions {
  readonly store: Store;
  readonly key: ActionKey;
  /** The stage, for those who wait. */
  readonly stage: string;
  readonly signal: AbortSignal;
  /** Runs a function when there is room for another piece of work in this process. */
  queued<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Called once for each process that is waited for. */
  onWait(pid: number, stage: string): void;
}

/**
 * Does work unless another process does it, and otherwise waits outside the queue: other stages can run, and the holder
 * of a lock is always working, so that no two can wait for each other. If the other dies or fails, the work is ours.
 */
export async function singleFlight<Result>(
  options: FlightOptions,
  work: () => Promise<Result>,
): Promise<Flight<Result>> {
  const { store, key, stage, signal, queued, onWait } = options;
  const report = reportOnce(({ pid, label }) => onWait(pid, label));
  for (;;) {
    const attempt = await queued(async () => {
      signal.throwIfAborted();
      const taken = await store.tryLock(key, stage);
      if (taken.state === 'taken') return taken;
      try {
        const hit = await store.hit(key);
        // What was in the shared cache alone was tried before.
        return hit === undefined || hit.shared !== undefined
          ? ({ state: 'done', result: await work() } as const)
          : ({ state: 'made', outputs: hit.record.outputs } as const);
      } finally {
        await taken.lock.release();
      }
    });
    if (attempt.state !== 'taken') return attempt;
    report(attempt.holder);
    await store.pause(signal);
  }
}
