/** The HTTP server, with deadlines: a stalled client does not block a connection for long. */
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';

type Fetch = Parameters<typeof createAdaptorServer>[0]['fetch'];

export interface Deadlines {
  /** For the header of a request. */
  readonly headerMs: number;
  /** For a whole request: 20 MiB at 0.7 MB/s. */
  readonly requestMs: number;
  /** Interval of checking connections. */
  readonly checkMs: number;
}

const usual: Deadlines = { headerMs: 10_000, requestMs: 30_000, checkMs: 1000 };

/** After a deadline, Node responds with 408 and closes the connection. */
export function createServer(fetch: Fetch, { headerMs, requestMs, checkMs }: Deadlines = usual): Server {
  const serverOptions = { headersTimeout: headerMs, requestTimeout: requestMs, connectionsCheckingInterval: checkMs };
  return createAdaptorServer({ fetch, serverOptions }) as Server;
}
