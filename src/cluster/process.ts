/**
 * A process in which jobs are computed, one at a time. The engine computes on the thread that calls it, so what has to
 * answer Redis in the meantime needs another process; and what a strange image ends is that process alone.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { packageFile } from '../core/package.js';
import { PipelineError } from '../core/problem.js';
import type { Answer, Job } from './jobs.js';
import type { JobPlace, JobProgress, JobReport, JobRequest } from './messages.js';

/** The process has ended in the middle of a job. */
export class ProcessEnded extends Error {}

export interface JobListener {
  progress(progress: JobProgress): void;
  log(code: string, text: string): void;
}

const KEPT_TEXT = 2000;

export class JobProcess {
  private readonly child: ChildProcess;
  private current:
    { resolve: (answer: Answer) => void; reject: (error: unknown) => void; listener: JobListener } | undefined;
  private text = '';
  readonly ended: Promise<void>;

  /** Starts a process; it opens nothing before the first job. */
  constructor(place: JobPlace) {
    const { PIPELINE_CACHE: _cache, ...env } = process.env;
    this.child = fork(packageFile('dist/job-process.js'), [], { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.child.stderr?.on('data', (chunk: Buffer) => (this.text = (this.text + chunk.toString()).slice(-KEPT_TEXT)));
    this.child.on('message', (report: JobReport) => this.take(report));
    const kill = (): void => void this.child.kill('SIGKILL');
    process.once('exit', kill);
    this.ended = new Promise((resolve) => {
      const end = (what: string): void => {
        process.off('exit', kill);
        this.finish()?.reject(new ProcessEnded(`the process that computes ${what} ${this.text}`.trim()));
        resolve();
      };
      this.child.once('exit', (code, signal) => end(`ended (${signal ?? `exit code ${code}`})`));
      this.child.once('error', (error) => end(`cannot be started: ${error.message}`));
    });
    this.send({ kind: 'begin', place });
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Rejects with a {@link PipelineError} if the job fails, and with {@link ProcessEnded} if the process does. */
  do(job: Job, listener: JobListener, again = false): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (!this.running) return reject(new ProcessEnded(`the process that computes ended before the job ${this.text}`));
      this.current = { resolve, reject, listener };
      this.send({ kind: 'do', job, again });
    });
  }

  /** Kills it; a job of it rejects. */
  kill(): Promise<void> {
    this.child.kill('SIGKILL');
    return this.ended;
  }

  private send(request: JobRequest): void {
    // If the process has ended, its end is reported instead.
    this.child.send(request, () => undefined);
  }

  private take(report: JobReport): void {
    switch (report.kind) {
      case 'progress':
        return this.current?.listener.progress(report.progress);
      case 'log':
        return this.current?.listener.log(report.code, report.text);
      case 'done':
        return this.finish()?.resolve(report.answer);
      case 'failed':
        return this.finish()?.reject(new PipelineError(report.failure.category, report.failure.problems));
    }
  }

  private finish(): typeof this.current {
    const current = this.current;
    this.current = undefined;
    return current;
  }
}
