/** The events of a run on stdout, one JSON object per line: what `run --json` prints. */
import type { RunEvent } from '../core/event.js';
import { asPipelineError } from '../core/problem.js';
import type { Host } from './host.js';

/** An event as it is printed; schemas/events.schema.json describes it. */
export type PrintedEvent = {
  /** ISO 8601, UTC. */
  readonly time: string;
  /** The id of the run; null for what happens before it has one, such as an invalid pipeline file. */
  readonly run: string | null;
  /** The version of this tool. */
  readonly version: string;
} & RunEvent;

export class EventStream {
  /** Set once the run has an id. */
  run: string | null = null;
  private ended = false;

  constructor(private readonly host: Pick<Host, 'stdout' | 'version'>) {}

  readonly print = (event: RunEvent): void => {
    this.ended ||= event.event === 'run';
    const { event: kind, ...rest } = event;
    const stamp = { event: kind, time: new Date().toISOString(), run: this.run, version: this.host.version };
    this.host.stdout(`${JSON.stringify({ ...stamp, ...rest })}\n`);
  };

  /** Programs wait for the event that ends the stream, even if nothing could run. */
  endWith(error: unknown): void {
    if (this.ended) return;
    const { category, problems } = asPipelineError(error);
    for (const problem of problems) this.print({ event: 'problem', problem });
    const state = category === 'interrupted' ? 'interrupted' : 'failed';
    this.print({ event: 'run', state, durationMs: 0, stages: [], metrics: {} });
  }
}
