/** The HTTP server, with deadlines: a client that sends nothing more holds no place for long. */
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';

type Fetch = Parameters<typeof createAdaptorServer>[0]['fetch'];

export interface Deadlines {
  /** For the header of a request. */
  readonly headerMs: number;
  /** For a whole request: 20 MiB at 0.7 MB/s. */
  readonly requestMs: number;
  /** Between two looks at the connections. */
  readonly checkMs: number;
}

const usual: Deadlines = { headerMs: 10_000, requestMs: 30_000, checkMs: 1000 };

/** Node answers a request beyond its deadline with 408, and closes the connection. */
export function createServer(fetch: Fetch, { headerMs, requestMs, checkMs }: Deadlines = usual): Server {
  const serverOptions = { headersTimeout: headerMs, requestTimeout: requestMs, connectionsCheckingInterval: checkMs };
  return createAdaptorServer({ fetch, serverOptions }) as Server;
}
