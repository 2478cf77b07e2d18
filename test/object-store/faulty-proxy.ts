/** A proxy for TCP on loopback that delays, cuts, changes or swallows what passes through it. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Offsets count the bytes that a connection has carried in this direction since the fault was set. */
export type Fault =
  | { readonly kind: 'none' }
  /** Each chunk arrives so much later, in both directions. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The connection is reset after so many bytes. */
  | { readonly kind: 'cut'; readonly after: number; readonly of: 'requests' | 'answers' }
  /** One bit of the byte at the offset is another. */
  | { readonly kind: 'flip'; readonly at: number; readonly of: 'requests' | 'answers' }
  /** Connections are accepted, and nothing comes back. */
  | { readonly kind: 'black-hole' };

export class FaultyProxy {
  private fault: Fault = { kind: 'none' };
  /** How many more connections the fault happens to. */
  private left = Infinity;
  private readonly connections = new Set<Connection>();
  private readonly server = createServer((socket) => this.accept(socket));
  /** How many connections were made. */
  accepted = 0;

  private constructor(private readonly target: number) {}

  static async start(target: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** From now on; for open connections too. A cut or a flip can be limited to a number of times. */
  set(fault: Fault, times = Infinity): void {
    this.fault = fault;
    this.left = times;
    for (const connection of this.connections) connection.carried = { requests: 0, answers: 0 };
  }

  /** Closes the open connections, as servers do with idle ones. */
  closeConnections(): void {
    for (const { client, server } of this.connections) [client, server].forEach((socket) => socket.end());
  }

  async stop(): Promise<void> {
    for (const { client, server } of this.connections) [client, server].forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(client: Socket): void {
    this.accepted += 1;
    const server = connect(this.target, '127.0.0.1');
    const connection: Connection = { client, server, carried: { requests: 0, answers: 0 } };
    this.connections.add(connection);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        server.destroy();
        this.connections.delete(connection);
      });
    }
    void this.carry(connection, client, server, 'requests');
    void this.carry(connection, server, client, 'answers');
  }

  private async carry(connection: Connection, from: Socket, to: Socket, of: 'requests' | 'answers'): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        const passed = await this.through(connection, chunk, of);
        if (passed.length > 0 && !to.write(passed))
          await new Promise<void>((go) => to.once('drain', go).once('close', go));
        if (passed.length < chunk.length && this.fault.kind !== 'black-hole') connection.client.resetAndDestroy();
      }
    } catch {
      // The other side is gone too.
    }
    to.end();
  }

  /** What is left of a chunk. */
  private async through({ carried }: Connection, chunk: Buffer, of: 'requests' | 'answers'): Promise<Buffer> {
    const { fault } = this;
    const start = carried[of];
    carried[of] += chunk.length;
    if (fault.kind === 'black-hole') return Buffer.alloc(0);
    if (fault.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    if (fault.kind !== 'cut' && fault.kind !== 'flip') return chunk;
    const at = (fault.kind === 'cut' ? fault.after : fault.at) - start;
    if (fault.of !== of || this.left <= 0 || at < 0 || at >= chunk.length) return chunk;
    this.left -= 1;
    if (fault.kind === 'cut') return chunk.subarray(0, at);
    const changed = Buffer.from(chunk);
    changed[at] ^= 1;
    return changed;
  }
}

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  carried: { requests: number; answers: number };
}
