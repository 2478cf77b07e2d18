/** The rate of a task: a moving average, so that the number neither jumps nor lags. */

/** Older marks are ignored. */
const WINDOW_MS = 10_000;
/** No rate before this: libraries are still loading, and caches are cold. */
const SETTLED_MS = 1000;

export class Pace {
  private readonly marks: { readonly at: number; readonly done: number }[] = [];
  private started: number | undefined;

  /** Records how much is done; times in milliseconds. Less than before means that the task restarted. */
  mark(done: number, at: number): void {
    // Time before the first batch is start-up and says nothing about the rate.
    if (done === 0) return;
    const last = this.marks.at(-1);
    if (last !== undefined && done < last.done) this.forget();
    this.started ??= at;
    this.marks.push({ at, done });
    // Keep the last mark before the window: batches may be further apart than the window is long.
    while (this.marks.length > 2 && this.marks[1].at < at - WINDOW_MS) this.marks.shift();
  }

  /** For a task that waited for another: the wait must not count. */
  forget(): void {
    this.marks.length = 0;
    this.started = undefined;
  }

  /** Units per second; undefined at the start, and if nothing was done for a long time. */
  rate(now: number): number | undefined {
    const [first] = this.marks;
    const last = this.marks.at(-1);
    if (first === undefined || last === undefined || last.at - this.started! < SETTLED_MS) return undefined;
    // An unusually long gap counts: a stalled download gets slower, and then its rate is unknown.
    const usual = (last.at - first.at) / (this.marks.length - 1);
    if (now - last.at > Math.max(WINDOW_MS, 3 * usual)) return undefined;
    const until = now - last.at > Math.max(SETTLED_MS, 3 * usual) ? now : last.at;
    const rate = ((last.done - first.done) / (until - first.at)) * 1000;
    return rate > 0 ? rate : undefined;
  }
}
