/** Begins the log of a run when something happens: of a run that has nothing to do, the record contains all. */
import type { RunEvent } from '../../core/event.js';
import { hasCode } from '../../store/disk/cache-fs.js';
import type { runLog } from './log.js';

export class LastingLog {
  /** What happened before the log is open: a few events per stage at most. */
  private waiting: RunEvent[] = [];
  private opening: Promise<void> | undefined;
  private write: ((event: RunEvent) => void) | undefined;

  constructor(private readonly options: Parameters<typeof runLog>) {}

  readonly listen = (event: RunEvent): void => {
    if (this.write !== undefined) return this.write(event);
    this.waiting.push(event);
    if (event.event !== 'run' && !(event.event === 'stage' && event.state === 'fresh')) this.opening ??= this.open();
  };

  /** Resolves once all is written. */
  async end(): Promise<void> {
    await this.opening;
  }

  private async open(): Promise<void> {
    const { runLog } = await import('./log.js');
    const write = this.begin(runLog);
    // Writing can report a failure, which is an event too.
    this.write = write;
    for (const event of this.waiting) write(event);
    this.waiting = [];
  }

  /** A log that cannot be written costs no run. If its folder is gone, the project is, which the run reports by itself. */
  private begin(log: typeof runLog): (event: RunEvent) => void {
    try {
      return log(...this.options);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) this.options[3](error as Error);
      return () => undefined;
    }
  }
}
