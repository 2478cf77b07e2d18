/** A proxy on loopback that tunnels, refuses, or says nothing; and a server by https behind it. */
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';

/** Made for files.example.com and huggingface.co by `openssl req -x509`; the key protects nothing. */
const folder = join(process.cwd(), 'test', 'fixtures', 'certificate');
export const certificate = join(folder, 'certificate.pem');

/** What the proxy does with a request to tunnel. `to`: the port on loopback that stands for every host. */
type Behavior = { readonly to: number; readonly credentials?: string } | { readonly answer: string } | 'silent';

export class ProxyServer {
  behavior: Behavior = 'silent';
  /** What was asked to be reached, `files.example.com:443`. */
  readonly asked: string[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer();

  async start(): Promise<this> {
    this.server.on('connection', (socket: Socket) => this.sockets.add(socket));
    this.server.on('connect', (request: IncomingMessage, socket: Socket) => this.tunnel(request, socket));
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get openSockets(): number {
    return [...this.sockets].filter(({ destroyed }) => !destroyed).length;
  }

  stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private tunnel({ url = '', headers }: IncomingMessage, socket: Socket): void {
    this.asked.push(url);
    socket.on('error', () => undefined);
    const { behavior } = this;
    // An HTTP server's sockets stay half open otherwise.
    socket.on('end', () => socket.destroy());
    if (behavior === 'silent') return void socket.resume();
    if ('answer' in behavior) return void socket.end(`HTTP/1.1 ${behavior.answer}\r\n\r\n`);
    const wanted = behavior.credentials && `Basic ${Buffer.from(behavior.credentials).toString('base64')}`;
    if (wanted !== undefined && headers['proxy-authorization'] !== wanted)
      return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const target = connect(behavior.to, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    target.on('error', () => socket.destroy());
    socket.on('close', () => target.destroy());
  }
}

interface TlsServer {
  readonly port: number;
  /** The paths that were asked for. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** Serves the same bytes for every path, under the names of the certificate. */
export async function serveByTls(bytes: Uint8Array): Promise<TlsServer> {
  const asked: string[] = [];
  const server = createTlsServer(
    { key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(certificate) },
    ({ url = '' }, response) => {
      asked.push(url);
      response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
