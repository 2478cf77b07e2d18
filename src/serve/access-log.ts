/** The access log of `serve`: one line of JSON per request, without queries, headers, images and scores. */
import type { Server } from 'node:http';
import pino from 'pino';

/**
 * Logs each request of a server when its response ends. A line has `time` (ISO 8601), `method`, `path`, `status`, `ms`
 * (from the header of the request to the end of the response) and `bytes` (sent, with headers); `aborted: true` if the
 * client left before the response was whole.
 */
export function logRequests(server: Server, write: (line: string) => void): void {
  const log = pino({ base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, { write });
  server.on('request', (request, response) => {
    const began = performance.now();
    const { socket } = request;
    const sentBefore = socket.bytesWritten;
    response.on('close', () => {
      log.info({
        method: request.method,
        // The query has names of files.
        path: (request.url ?? '').split('?', 1)[0],
        status: response.statusCode,
        ms: Math.round((performance.now() - began) * 10) / 10,
        bytes: socket.bytesWritten - sentBefore,
        ...(response.writableFinished ? {} : { aborted: true }),
      });
    });
  });
}
