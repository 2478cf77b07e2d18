/** The record of a run: `.pipeline/runs/<id>/log.ndjson`, written by pino, and `run.json` at the end. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import type { RunEvent } from '../core/event.js';
import type { Pipeline } from '../config/pipeline.js';

export interface RunLog {
  readonly id: string;
  readonly folder: string;
  readonly listen: (event: RunEvent) => void;
}

export function openRunLog(folder: string, pipeline: Pipeline, level: string): RunLog {
  const id = `${new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)}-${randomBytes(2).toString('hex')}`;
  const own = join(folder, id);
  mkdirSync(own, { recursive: true });
  const logger = pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: join(own, 'log.ndjson'), sync: true }));
  logger.info({ pipeline: pipeline.name, file: pipeline.file }, 'run started');
  const listen = (event: RunEvent): void => {
    logger[levelOf(event)](event, event.event);
    if (event.event === 'run') writeFileSync(join(own, 'run.json'), `${JSON.stringify({ id, pipeline: pipeline.name, ...event }, null, 2)}\n`);
  };
  return { id, folder: own, listen };
}

function levelOf({ event }: RunEvent): 'trace' | 'debug' | 'info' | 'warn' | 'error' {
  if (event === 'progress') return 'trace';
  if (event === 'epoch') return 'debug';
  if (event === 'warning') return 'warn';
  return event === 'problem' ? 'error' : 'info';
}
