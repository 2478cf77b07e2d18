/** Limits progress events: a batch may take a millisecond, but a reader wants a few events per second. */
import type { Emit } from './event.js';

const INTERVAL_MS = 100;

/**
 * Passes on all events but those about progress that follow one of the same task too soon; the end of a task always
 * passes.
 */
export function throttled(emit: Emit, now: () => number = () => performance.now()): Emit {
  const lastSent = new Map<string, number>();
  return (event) => {
    if (event.event === 'progress' && event.done !== event.total) {
      const before = lastSent.get(event.task);
      if (before !== undefined && now() - before < INTERVAL_MS) return;
      lastSent.set(event.task, now());
    }
    emit(event);
  };
}
