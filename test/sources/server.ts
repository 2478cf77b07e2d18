/** An HTTP server on loopback whose answers a test says one by one. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export class FileServer {
  private readonly answers = new Map<string, Answer[]>();
  /** What was asked: the path, and the range where one was. */
  readonly asked: string[] = [];
  private readonly server = createServer((request, response) => {
    const path = request.url ?? '';
    this.asked.push([path, request.headers.range].filter(Boolean).join(' '));
    const answers = this.answers.get(path) ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer !== undefined) return answer(request, response);
    response.writeHead(404).end();
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The answers to a path, one after another; the last one stays. Returns the address. */
  on(path: string, ...answers: readonly Answer[]): string {
    this.answers.set(path, [...answers]);
    return this.origin + path;
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

/** Serves bytes, ranges of them too. */
export function file(bytes: Uint8Array): Answer {
  return (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from === 0) response.writeHead(200, { 'content-length': bytes.length });
    else if (from >= bytes.length) response.writeHead(416, { 'content-range': `bytes */${bytes.length}` });
    else
      response.writeHead(206, {
        'content-length': bytes.length - from,
        'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
      });
    response.end(bytes.subarray(from));
  };
}

/**
 * Announces all bytes, sends some, and drops the connection a moment later: what a client has not taken by then is lost
 * to it, and one that is a process of its own may have taken nothing yet.
 */
export function dropping(bytes: Uint8Array, after: number, lingerMs = 0): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, after), () => setTimeout(() => response.destroy(), lingerMs));
  };
}

/** Sends some bytes and then nothing, with the connection open. */
export function stalling(bytes: Uint8Array, after: number): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, after));
  };
}

export function status(code: number, headers: Readonly<Record<string, string | number>> = {}): Answer {
  return (_request, response) => void response.writeHead(code, headers).end();
}

export function redirect(location: string): Answer {
  return status(302, { location });
}
