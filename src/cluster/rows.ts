/** Has workers extract the features that a stage needs, and sees in the shared cache whether they are there. */
import { failure } from '../core/problem.js';
import type { Digest, FeatureSetKey } from '../core/digest.js';
import type { FeatureNeed, FeatureStore } from '../core/stage.js';
import type { Session } from '../runner/session.js';
import type { Board, Seen } from './board.js';
import { cut } from './cut.js';
import { jobIdOf, listDigestOf, type Answer, type ExtractJob } from './jobs.js';
import { parseFailure, type Report } from './messages.js';

/** Work that one job should be, once the speed of workers is known. */
const JOB_SECONDS = 30;
/** The first jobs of unknown work are this many images. */
const FIRST_IMAGES = 64;
const FEWEST_IMAGES = 16;
/** Jobs for each worker at the end, so that no one waits for the slowest. */
const ROUNDS = 4;
/** Jobs that wait in the queue at once for one set; those that workers have do not count. */
const MOST_WAITING = 500;
/** With many workers more, so that none runs dry while the shared cache is listed. */
const WAITING_PER_WORKER = 2;
/** How often a job may say that it is done while its features are nowhere. */
const FALSE_ANSWERS = 2;
/** The first time, it may take so long until they are seen; each time longer. */
const SHARED_WITHIN_MS = 10_000;

export interface Extraction {
  readonly session: Session;
  readonly board: Board;
  readonly stage: string;
  readonly need: FeatureNeed;
  readonly signal: AbortSignal;
  /** The spec of the stage, which changes with the images that end processes. */
  spec(): Promise<Digest>;
  /** Called with a single image whose reading has ended several workers. */
  suspect(image: Digest, view: number): Promise<void>;
  /** Images that are known to end processes. */
  readonly lethal: ReadonlySet<Digest>;
  /** Images in one job, if a person has chosen. */
  readonly jobSize?: number;
}

/** Resolves when every row that can be had is in the shared cache. */
export async function extractByWorkers(extraction: Extraction): Promise<void> {
  const { session, need } = extraction;
  const { set } = need;
  // What is not kept is computed while training.
  if (set?.preimage === undefined) return;
  const rows = await session.features.open(set.preimage, set.rowLength);
  await rows.lookElsewhere();
  await rows.shareAll();
  await new Rows(extraction, rows).run();
}

class Rows {
  private readonly list: Digest;
  private readonly set: FeatureSetKey;
  private readonly leftOut = new Set<Digest>();
  /** Images that workers say they have done of jobs that are under way. */
  private readonly inFlight = new Map<string, number>();
  private readonly listened = new Set<string>();
  private readonly answered = new Map<string, { job: ExtractJob; times: number; until: number }>();
  private rate: number | undefined;
  private total: number | undefined;
  private missingNow = 0;

  constructor(
    private readonly extraction: Extraction,
    private readonly rows: FeatureStore,
  ) {
    const { need, session } = extraction;
    this.list = listDigestOf(need.digests);
    this.set = session.features.keyOf(need.set!.preimage!);
  }

  async run(): Promise<void> {
    const { board, signal, need, session } = this.extraction;
    this.rate = need.set && (await session.rates.get(need.set.workload));
    try {
      for (;;) {
        signal.throwIfAborted();
        // Asked before the rows: what is done in the meantime is neither queued nor missing.
        const seen = await board.look();
        await this.rows.lookElsewhere();
        const missing = need.views.map((view) => [view, this.missingOf(view)] as const);
        this.missingNow = missing.reduce((sum, [, indexes]) => sum + indexes.length, 0);
        this.total ??= this.missingNow;
        if (this.missingNow === 0) return;
        this.report();
        // Without a look, it knows neither what is missing nor whether an answer was false.
        if (session.store.shared?.remote.objects.isRead() === false) this.answered.clear();
        else if (seen !== undefined) await this.queue(missing, await this.settleFailed(seen));
        await board.change(signal);
      }
    } finally {
      for (const id of this.listened) board.forget(id);
    }
  }

  private missingOf(view: number): number[] {
    const { digests } = this.extraction.need;
    const { lethal } = this.extraction;
    const indexes: number[] = [];
    digests.forEach((digest, index) => {
      if (!this.rows.has(digest, view) && !this.leftOut.has(digest) && !lethal.has(digest)) indexes.push(index);
    });
    return indexes;
  }

  /** Queues what is missing and not under way. */
  private async queue(
    missing: readonly (readonly [number, readonly number[]])[],
    seen: readonly Seen[],
  ): Promise<void> {
    const { board, spec } = this.extraction;
    const under = seen.flatMap(({ job }) => (this.isOurs(job) ? [job] : []));
    for (const job of under) this.listen(job);
    const own = [...under, ...this.comingUp()];
    const size = await this.sizeOfJobs();
    const jobs: ExtractJob[] = [];
    const waiting = seen.filter(({ state, job }) => state === 'queued' && this.isOurs(job)).length;
    const room = Math.max(MOST_WAITING, (await this.workers()) * WAITING_PER_WORKER) - waiting;
    for (const [view, indexes] of missing) {
      const taken = own.filter((job) => job.view === view);
      for (const range of cut(indexes, taken, size)) {
        if (jobs.length >= room) break;
        jobs.push({ kind: 'extract', spec: await spec(), set: this.set, list: this.list, view, ...range });
      }
    }
    // The first answer says how large the others should be.
    const isFirst = this.rate === undefined && this.extraction.jobSize === undefined;
    const added = isFirst ? jobs.slice(0, Math.max(0, (await this.workers()) - own.length)) : jobs;
    for (const job of added) this.listen(job);
    await board.add(added);
  }

  private isOurs(job: Seen['job']): job is ExtractJob {
    return job.kind === 'extract' && job.list === this.list && job.set === this.set;
  }

  /** What has failed is split, or fails the stage; returns the jobs that are under way. */
  private async settleFailed(seen: ReadonlyMap<string, Seen>): Promise<readonly Seen[]> {
    const { board, suspect, need } = this.extraction;
    const under: Seen[] = [];
    for (const [id, one] of seen) {
      if (!this.isOurs(one.job)) continue;
      if (one.state !== 'failed') {
        under.push(one);
        continue;
      }
      const isOwn = board.isOwn(id);
      await board.remove(id);
      // What failed for an earlier run may have been repaired since: it is missing, and queued again.
      if (!isOwn) continue;
      const reported = parseFailure(one.reason);
      if (reported !== undefined) throw reported;
      const { from, to, view } = one.job;
      if (to - from === 1) {
        await suspect(need.digests[from], view);
        continue;
      }
      const middle = from + Math.floor((to - from) / 2);
      const halves = [
        { from, to: middle },
        { from: middle, to },
      ].map((half) => ({ ...one.job, ...half }) as ExtractJob);
      for (const job of halves) this.listen(job);
      await board.add(halves);
      under.push(...halves.map((job) => ({ state: 'queued', job }) as const));
    }
    return under;
  }

  private async sizeOfJobs(): Promise<number> {
    const { jobSize } = this.extraction;
    if (jobSize !== undefined) return jobSize;
    const usual = this.rate === undefined ? FIRST_IMAGES : Math.ceil(this.rate * JOB_SECONDS);
    const even = Math.ceil(this.missingNow / ((await this.workers()) * ROUNDS));
    return Math.max(FEWEST_IMAGES, Math.min(usual, even));
  }

  private async workers(): Promise<number> {
    return Math.max(1, (await this.extraction.board.workers()) ?? 1);
  }

  private listen(job: ExtractJob): void {
    const { board } = this.extraction;
    const id = jobIdOf(job);
    if (this.listened.has(id)) return;
    this.listened.add(id);
    board.onAnswer(id, (answer) => this.take(id, job, answer));
    board.onReport(id, ({ worker, progress }) => {
      if (progress.event !== 'progress') return;
      this.inFlight.set(id, Math.min(progress.done, job.to - job.from));
      this.report(worker);
    });
  }

  private take(id: string, job: ExtractJob, { pictures, ms, leftOut }: Answer): void {
    this.inFlight.delete(id);
    const own = new Set(this.extraction.need.digests.slice(job.from, job.to));
    // Only where to look for rows follows from this: training finds by itself which images are bad.
    for (const digest of leftOut) if (own.has(digest)) this.leftOut.add(digest);
    if (pictures > 0 && ms > 0) this.rate = (pictures / ms) * 1000;
    const times = (this.answered.get(id)?.times ?? 0) + 1;
    this.answered.set(id, { job, times, until: performance.now() + times * SHARED_WITHIN_MS });
  }

  /** Ranges whose features must come into sight soon: places may show what is new a little later. */
  private comingUp(): ExtractJob[] {
    const now = performance.now();
    const all = [...this.answered.values()];
    const worst = Math.max(0, ...all.filter(({ until }) => until < now).map(({ times }) => times));
    if (worst > FALSE_ANSWERS && this.missingNow > 0) throw this.falsified(worst);
    return all.filter(({ until }) => until > now).map(({ job }) => job);
  }

  private falsified(times: number): Error {
    return failure('input-output', {
      code: 'workers-do-not-share',
      found: `workers have answered ${times} times that features are done which are not in the shared cache`,
      expected: 'workers that use the same shared cache, with keys that pipeline.trust.yaml names',
      remedy: 'compare PIPELINE_REMOTE of the workers with `cache.remote` of the pipeline file, and read their logs',
    });
  }

  private report(worker?: Report['worker']): void {
    const { session, stage } = this.extraction;
    const total = this.total ?? 0;
    const flying = [...this.inFlight.values()].reduce((sum, done) => sum + done, 0);
    session.emit({
      event: 'progress',
      stage,
      task: 'extract',
      unit: 'pictures',
      done: Math.min(total, total - this.missingNow + flying),
      total,
      ...(worker === undefined ? {} : { worker }),
    });
  }
}
