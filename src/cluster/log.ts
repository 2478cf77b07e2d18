/** The log of a worker: newline-delimited JSON with the time and the worker's name. */
import { pino, type Logger } from 'pino';

export function openLog(worker: string, write: (line: string) => void): Logger {
  return pino({ base: { worker }, timestamp: pino.stdTimeFunctions.isoTime }, { write });
}
