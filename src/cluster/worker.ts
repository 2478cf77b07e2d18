/**
 * A worker: takes jobs from the queue, computes each in a process of its own, and acknowledges when the results are in
 * the shared cache. This process only answers Redis: a process that computes cannot renew the lock of a job.
 */
import type { Job as QueuedJob, Worker } from 'bullmq';
import { TRIES } from './board.js';
import type { Outcome, WorkerMetrics } from './health.js';
import { isJob, type Answer } from './jobs.js';
import { PLACE_FAILED, sentFailure, type JobPlace, type JobProgress, type Report } from './messages.js';
import { PATIENCE, PAUSE_MS } from './patience.js';
import { JobProcess, ProcessEnded } from './process.js';
import { closedWithin, type Redis } from './redis.js';

/** For a job that was ended, and for the end of the connection. */
const CLOSE_MS = 5000;

export interface WorkerOptions {
  readonly name: string;
  readonly queue: string;
  readonly concurrency: number;
  /** Until a job of a silent worker goes to another. */
  readonly lockSeconds: number;
  /** Time to finish jobs once it has to stop. */
  readonly drainSeconds: number;
  readonly place: JobPlace;
}

/** What a worker reports about itself. */
export interface WorkerEvents {
  log(level: 'info' | 'warn' | 'error', event: string, fields: Readonly<Record<string, unknown>>): void;
  readonly metrics: WorkerMetrics;
}

export interface RunningWorker {
  /** Whether it is connected and takes jobs. */
  isReady(): boolean;
  /** Finishes what it has, or hands it back, and disconnects. */
  drain(): Promise<void>;
}

export async function startWorker(redis: Redis, options: WorkerOptions, events: WorkerEvents): Promise<RunningWorker> {
  const bullmq = await import('bullmq');
  const pool = new Pool(options.place);
  let draining = false;
  const work = async (queued: QueuedJob, token = ''): Promise<Answer> => {
    const data: unknown = queued.data;
    if (!isJob(data)) throw new bullmq.UnrecoverableError('not a job of this version');
    const started = performance.now();
    const fields = { job: queued.id, ...data };
    events.log('info', 'job-start', fields);
    const computing = pool.take();
    let outcome: Outcome = 'failed';
    let pictures = 0;
    events.metrics.began();
    try {
      const answer = await computing.do(data, listenerOf(queued, options.name, events), wasTried(queued));
      const { leftOut, ...counts } = answer;
      outcome = 'done';
      ({ pictures } = answer);
      const ms = Math.round(performance.now() - started);
      events.log('info', 'job-done', { ...fields, ...counts, leftOut: leftOut.length, ms });
      return answer;
    } catch (error) {
      const ended = error instanceof ProcessEnded;
      if (ended) outcome = draining ? 'handed-back' : 'ended';
      if (ended && draining) {
        events.log('info', 'job-handed-back', fields);
        await queued.moveToWait(token);
        throw new bullmq.WaitingError();
      }
      const failed = sentFailure(error, data.kind);
      events.log('error', ended ? 'process-ended' : 'job-failed', { ...fields, reason: failed.problems });
      if (failed.problems.some(({ code }) => code === PLACE_FAILED) && queued.attemptsStarted < PATIENCE) {
        // Others could not share it either: the job waits, and no try is lost.
        await queued.moveToDelayed(Date.now() + PAUSE_MS, token);
        throw new bullmq.DelayedError();
      }
      // Another try helps against what a process dies of by chance, and against a place that does not answer.
      if (ended || failed.category === 'input-output') throw ended ? error : new Error(JSON.stringify(failed));
      throw new bullmq.UnrecoverableError(JSON.stringify(failed));
    } finally {
      pool.giveBack(computing);
      events.metrics.ended(data.kind, outcome, (performance.now() - started) / 1000, pictures);
    }
  };
  const lockDuration = options.lockSeconds * 1000;
  const worker: Worker = new bullmq.Worker(options.queue, work, {
    connection: { ...redis.connection, maxRetriesPerRequest: null },
    name: options.name,
    concurrency: options.concurrency,
    lockDuration,
    stalledInterval: lockDuration / 2,
    maxStalledCount: TRIES - 1,
  });
  let last = '';
  let connected = true;
  worker.on('ioredis:close', () => (connected = false));
  worker.on('error', (error) => {
    // While Redis is gone, the same comes again and again.
    if (error.message !== last) events.log('warn', 'queue-error', { reason: error.message });
    last = error.message;
  });
  worker.on('stalled', (job) => events.log('warn', 'job-stalled', { job }));
  worker.on('ready', () => {
    last = '';
    connected = true;
  });
  await worker.waitUntilReady();
  return {
    isReady: () => connected && worker.isRunning() && !draining,
    async drain() {
      draining = true;
      const timer = setTimeout(() => void pool.kill(), options.drainSeconds * 1000);
      await closedWithin(options.drainSeconds * 1000 + CLOSE_MS, [worker.close()]);
      clearTimeout(timer);
      await pool.kill();
    },
  };
}

/** Ten reports a second are enough for people, and few for Redis. */
const REPORT_MS = 1000;

function listenerOf(queued: QueuedJob, worker: string, events: WorkerEvents) {
  let next = 0;
  const send = (progress: JobProgress): void => {
    if (progress.event === 'progress' && performance.now() < next) return;
    next = performance.now() + REPORT_MS;
    // News is worth no failure.
    queued.updateProgress({ worker, progress } satisfies Report).catch(() => undefined);
  };
  return {
    progress: send,
    log: (code: string, text: string) => events.log('info', 'note', { job: queued.id, code, text }),
  };
}

/** Whether an earlier try may have left something: it failed, or its worker fell silent. */
function wasTried({ attemptsStarted, stalledCounter }: QueuedJob): boolean {
  return attemptsStarted > 1 || stalledCounter > 0;
}

/** The processes of a worker that live. */
class Pool {
  private readonly free: JobProcess[] = [];
  private readonly busy = new Set<JobProcess>();

  constructor(private readonly place: JobPlace) {}

  take(): JobProcess {
    const taken = this.free.pop() ?? new JobProcess(this.place);
    this.busy.add(taken);
    return taken;
  }

  giveBack(computing: JobProcess): void {
    this.busy.delete(computing);
    if (computing.running) this.free.push(computing);
  }

  async kill(): Promise<void> {
    await Promise.all([...this.free, ...this.busy].map((one) => one.kill()));
  }
}
