/** The log of a run, `log.ndjson` in its folder, written by pino. */
import { join } from 'node:path';
import pino from 'pino';
import type { RunEvent } from '../core/event.js';
import type { Pipeline } from '../config/pipeline.js';

/** Makes a listener that logs the events of a run. */
export function runLog(folder: string, pipeline: Pipeline, level: string): (event: RunEvent) => void {
  const logger = pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: join(folder, 'log.ndjson'), sync: true }));
  logger.info({ pipeline: pipeline.name, file: pipeline.file }, 'run started');
  return (event) => logger[levelOf(event)](event, event.event);
}

function levelOf({ event }: RunEvent): 'trace' | 'debug' | 'info' | 'warn' | 'error' {
  if (event === 'progress') return 'trace';
  if (event === 'epoch') return 'debug';
  if (event === 'warning') return 'warn';
  return event === 'problem' ? 'error' : 'info';
}
