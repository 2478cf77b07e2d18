/**
 * The queue as the one who runs sees it: which jobs are there, adding some, and waiting until something changes. Redis may
 * be gone for a while: then nothing is known, and what is missing is queued again once it is back.
 */
import type { JobProgress as Progress, Queue, QueueEvents } from 'bullmq';
import { isNativeError } from 'node:util/types';
import { isAnswer, isJob, jobIdOf, type Answer, type Job } from './jobs.js';
import { isReport, type Report } from './messages.js';
import { closedWithin, type Redis } from './redis.js';

/** Without news, the queue and the shared cache are looked at again. */
const POLL_MS = 5000;
/** Changes come in crowds. */
const GATHER_MS = 100;
/** Jobs that are looked at; no more than a part of them is ours. */
const MOST_SEEN = 20_000;
const KEEP_FAILED = { age: 24 * 3600, count: 10_000 };
/** For the end of connections; long enough for a slow server. */
const CLOSE_MS = 2000;
/** How often a job is tried whose process has ended. */
export const TRIES = 3;

export type Seen =
  | { readonly state: 'queued'; readonly job: Job }
  | { readonly state: 'active'; readonly job: Job }
  /** `reason`: as the worker or the queue put it. */
  | { readonly state: 'failed'; readonly job: Job; readonly reason: string };

export interface BoardListener {
  /** Redis does not answer, or does again. */
  lost(reason: string): void;
  found(): void;
}

export class Board {
  private looking: Promise<ReadonlyMap<string, Seen> | undefined> | undefined;
  private readonly waiting = new Set<() => void>();
  private readonly answers = new Map<string, (answer: Answer) => void>();
  private readonly reports = new Map<string, (report: Report) => void>();
  private readonly own = new Set<string>();
  private gathering: NodeJS.Timeout | undefined;
  private isLost = false;

  private constructor(
    private readonly queue: Queue,
    private readonly events: QueueEvents,
    private readonly listener: BoardListener,
  ) {
    // What goes wrong is found when something is asked; without a listener the process would end.
    queue.on('error', () => undefined);
    events.on('error', () => this.wake());
    events.on('completed', ({ jobId, returnvalue }) => {
      const answer: unknown = returnvalue;
      if (isAnswer(answer)) this.answers.get(jobId)?.(answer);
      this.wake();
    });
    events.on('failed', () => this.wake());
    events.on('stalled', () => this.wake());
    events.on('progress', ({ jobId, data }: { jobId: string; data: Progress }) => {
      if (isReport(data)) this.reports.get(jobId)?.(data);
    });
  }

  static async open({ connection }: Redis, name: string, listener: BoardListener): Promise<Board> {
    const { Queue, QueueEvents } = await import('bullmq');
    const queue = new Queue(name, { connection: { ...connection, maxRetriesPerRequest: 1 } });
    const events = new QueueEvents(name, { connection: { ...connection, maxRetriesPerRequest: null } });
    return new Board(queue, events, listener);
  }

  /** The jobs by their names; undefined if Redis does not answer. Those who ask at once are answered together. */
  look(): Promise<ReadonlyMap<string, Seen> | undefined> {
    this.looking ??= this.asked(() => this.read()).finally(() => (this.looking = undefined));
    return this.looking;
  }

  /** Queues jobs; those that are there already stay as they are. */
  async add(jobs: readonly Job[]): Promise<void> {
    if (jobs.length === 0) return;
    for (const job of jobs) this.own.add(jobIdOf(job));
    await this.asked(() =>
      this.queue.addBulk(
        jobs.map((job) => ({
          name: job.kind,
          data: job,
          opts: {
            jobId: jobIdOf(job),
            attempts: TRIES,
            backoff: { type: 'fixed', delay: 500 },
            removeOnComplete: true,
            removeOnFail: KEEP_FAILED,
          },
        })),
      ),
    );
  }

  /** Whether this process has queued a job. */
  isOwn(id: string): boolean {
    return this.own.has(id);
  }

  /** Removes a job that nobody works on; one that someone has begun stays. */
  async remove(id: string): Promise<void> {
    this.own.delete(id);
    const job = await this.asked(() => this.queue.getJob(id));
    await this.asked(async () => void (await job?.remove().catch(ifLocked)));
  }

  /** How many workers there are; undefined if Redis does not say. */
  async workers(): Promise<number | undefined> {
    return this.asked(() => this.queue.getWorkersCount());
  }

  onAnswer(id: string, listener: (answer: Answer) => void): void {
    this.answers.set(id, listener);
  }

  onReport(id: string, listener: (report: Report) => void): void {
    this.reports.set(id, listener);
  }

  forget(id: string): void {
    this.answers.delete(id);
    this.reports.delete(id);
    this.own.delete(id);
  }

  /** Resolves when something has changed, and after some time without news. */
  change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => end(() => reject(signal.reason as Error));
      const timer = setTimeout(() => end(resolve), POLL_MS);
      const news = (): void => end(resolve);
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        this.waiting.delete(news);
        settle();
      };
      if (signal.aborted) return stop();
      signal.addEventListener('abort', stop, { once: true });
      this.waiting.add(news);
    });
  }

  /** Takes back what nobody has begun, after an interruption. */
  async withdraw(): Promise<void> {
    await Promise.all([...this.own].map((id) => this.remove(id)));
  }

  async close(): Promise<void> {
    clearTimeout(this.gathering);
    await closedWithin(CLOSE_MS, [this.queue.close(), this.events.close()]);
    // Ends tries to connect again, which would keep the process alive.
    for (const client of [this.queue, this.events]) void client.disconnect().catch(() => undefined);
  }

  private async read(): Promise<ReadonlyMap<string, Seen>> {
    const states = { queued: ['wait', 'delayed'], active: ['active'], failed: ['failed'] } as const;
    const seen = new Map<string, Seen>();
    for (const state of ['failed', 'active', 'queued'] as const) {
      // A job that moves on in the meantime is in two of them, or in none until the next look.
      for (const found of await this.queue.getJobs([...states[state]], 0, MOST_SEEN)) {
        const job: unknown = found?.data;
        if (!isJob(job) || found.id !== jobIdOf(job)) continue;
        seen.set(found.id, state === 'failed' ? { state, job, reason: found.failedReason } : { state, job });
      }
    }
    return seen;
  }

  private async asked<Value>(ask: () => Promise<Value>): Promise<Value | undefined> {
    try {
      const value = await ask();
      if (this.isLost) this.listener.found();
      this.isLost = false;
      return value;
    } catch (error) {
      const reason = isNativeError(error) ? error.message : String(error);
      if (!this.isLost) this.listener.lost(reason);
      this.isLost = true;
      return undefined;
    }
  }

  private wake(): void {
    this.gathering ??= setTimeout(() => {
      this.gathering = undefined;
      for (const news of [...this.waiting]) news();
    }, GATHER_MS);
  }
}

/** BullMQ removes no job that a worker holds, and says so in an error of its own. */
function ifLocked(error: unknown): void {
  if (!isNativeError(error) || !error.message.includes('locked')) throw error;
}
