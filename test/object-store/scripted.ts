/** A server on loopback whose answers a test gives one by one. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export class ScriptedServer {
  readonly asked: Asked[] = [];
  /** What comes next; the last one stays. */
  replies: ((asked: Asked) => Reply)[] = [];
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const asked = { method, url, headers, body: Buffer.concat(chunks).toString() };
      this.asked.push(asked);
      const reply = this.replies.length > 1 ? this.replies.shift() : this.replies[0];
      const { status = 200, headers: own = {}, body = '' } = reply?.(asked) ?? { status: 404 };
      response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...own }).end(body);
    });
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Forgets what was asked, and answers so from now on. */
  script(...replies: readonly (Reply | ((asked: Asked) => Reply))[]): void {
    this.asked.length = 0;
    this.replies = replies.map((reply) => (typeof reply === 'function' ? reply : () => reply));
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

/** How servers with the S3 API refuse. */
export function refusal(status: number, code: string, more = ''): Reply {
  return { status, body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>because</Message>${more}</Error>` };
}
