/** The log of a run, `log.ndjson` in its folder, written by pino. */
import { join } from 'node:path';
import pino from 'pino';
import type { RunEvent } from '../../core/event.js';
import type { Pipeline } from '../../config/pipeline.js';

/**
 * Makes a listener that logs the events of a run. Results do not hang on the log: if a line cannot be written, the log
 * ends there, and `onFailure` is called once.
 */
export function runLog(
  folder: string,
  pipeline: Pick<Pipeline, 'name' | 'file'>,
  level: string,
  onFailure: (error: Error) => void,
): (event: RunEvent) => void {
  const destination = pino.destination({ dest: join(folder, 'log.ndjson'), sync: true });
  const logger = pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  let failed = false;
  // Called within the call that logs, and twice for one error.
  destination.on('error', (error: Error) => {
    if (failed) return;
    failed = true;
    // Or else the rest would be written when the process ends, and end it with an error.
    destination.destroy();
    onFailure(error);
  });
  logger.info({ pipeline: pipeline.name, file: pipeline.file }, 'run started');
  return (event) => {
    if (!failed) logger[levelOf(event)](event, event.event);
  };
}

function levelOf({ event }: RunEvent): 'trace' | 'debug' | 'info' | 'warn' | 'error' {
  if (event === 'progress') return 'trace';
  if (event === 'epoch') return 'debug';
  if (event === 'warning') return 'warn';
  return event === 'problem' ? 'error' : 'info';
}
