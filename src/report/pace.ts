/** How fast a task goes: a moving average over what was done lately, so that a figure is neither nervous nor out of date. */

/** What is older than this says nothing of now. */
const WINDOW_MS = 10_000;
/** Before this a figure would be a guess: libraries are loaded, and caches are cold. */
const SETTLED_MS = 1000;

export class Pace {
  private readonly marks: { readonly at: number; readonly done: number }[] = [];
  private started: number | undefined;

  /** Takes note of how much is done; times in milliseconds. Less than before means that the task began again. */
  mark(done: number, at: number): void {
    // Nothing done yet: what passes until the first batch is start-up, and no measure of what follows.
    if (done === 0) return;
    const last = this.marks.at(-1);
    if (last !== undefined && done < last.done) this.forget();
    this.started ??= at;
    this.marks.push({ at, done });
    // The one before the window stays: batches may be further apart than it is long.
    while (this.marks.length > 2 && this.marks[1].at < at - WINDOW_MS) this.marks.shift();
  }

  /** For a task that waited for another: the time until its next mark says nothing of it. */
  forget(): void {
    this.marks.length = 0;
    this.started = undefined;
  }

  /** Units a second; undefined in the first moment, and where nothing has come for long. */
  rate(now: number): number | undefined {
    const [first] = this.marks;
    const last = this.marks.at(-1);
    if (first === undefined || last === undefined || last.at - this.started! < SETTLED_MS) return undefined;
    // A gap much longer than those before it counts: a download that stands still gets slower, and then unknown.
    const usual = (last.at - first.at) / (this.marks.length - 1);
    if (now - last.at > Math.max(WINDOW_MS, 3 * usual)) return undefined;
    const until = now - last.at > Math.max(SETTLED_MS, 3 * usual) ? now : last.at;
    const rate = ((last.done - first.done) / (until - first.at)) * 1000;
    return rate > 0 ? rate : undefined;
  }
}
