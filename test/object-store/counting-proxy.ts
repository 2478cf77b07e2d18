/** A way to a server that notes each request, and can change the answer before it is asked. */
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Passed {
  readonly method: string;
  /** The path without its first part, which is the bucket. */
  readonly key: string;
}

export class CountingProxy {
  readonly passed: Passed[] = [];
  /** Called before a request is passed on. */
  before: (passed: Passed) => unknown = () => undefined;

  private constructor(
    private readonly server: Server,
    readonly endpoint: string,
  ) {}

  static async start(target: number): Promise<CountingProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new CountingProxy(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (incoming, answer) => {
      const { pathname } = new URL(incoming.url!, proxy.endpoint);
      const passed = { method: incoming.method!, key: decodeURIComponent(pathname.split('/').slice(2).join('/')) };
      proxy.passed.push(passed);
      void Promise.resolve(proxy.before(passed)).then(() => {
        // The headers as they came: they are signed, with the host.
        const outgoing = request({
          ...{ host: '127.0.0.1', port: target, method: incoming.method, path: incoming.url },
          headers: incoming.headers,
        });
        outgoing.on('response', (response) => {
          answer.writeHead(response.statusCode!, response.rawHeaders);
          response.pipe(answer);
        });
        outgoing.on('error', () => answer.destroy());
        incoming.pipe(outgoing);
      });
    });
    return proxy;
  }

  /** Names of the objects that were read since this was called last. */
  read(): string[] {
    const read = this.passed.filter(({ method, key }) => method === 'GET' && key !== '').map(({ key }) => key);
    this.passed.length = 0;
    return read.sort();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
