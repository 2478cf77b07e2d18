/**
 * Hosts on a network of their own: network namespaces, joined by a bridge in one more, with a link each that can be cut.
 * Nothing outside is reached or changed. Needs root and iproute2.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';

const ip = (...args: readonly string[]): void => void execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });

/** The reason why this machine has no network namespaces; undefined if it has them. */
export const withoutNamespaces = ((): string | undefined => {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const name = `probe-${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', name]);
  if (made.status !== 0) return made.error === undefined ? 'network namespaces are not allowed' : 'needs iproute2';
  const bridged = spawnSync('ip', ['-n', name, 'link', 'add', 'name', 'bridge', 'type', 'bridge']);
  spawnSync('ip', ['netns', 'del', name]);
  return bridged.status === 0 ? undefined : 'bridges are not allowed';
})();

export class Host {
  private readonly children = new Set<ChildProcess>();

  constructor(
    private readonly namespace: string,
    readonly address: string,
    private readonly setLink: (state: 'up' | 'down') => void,
  ) {}

  /** Starts a program on this host. */
  start(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.namespace, program, ...args], options);
    this.children.add(child);
    child.on('exit', () => this.children.delete(child));
    return child;
  }

  /** From now on nothing reaches this host, and nothing leaves it. Connections stay open. */
  cut(): void {
    this.setLink('down');
  }

  repair(): void {
    this.setLink('up');
  }

  async stop(): Promise<void> {
    await Promise.all(
      [...this.children].map((child) => {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        return ended;
      }),
    );
    ip('netns', 'del', this.namespace);
  }
}

let made = 0;

export class Network {
  private readonly hosts: Host[] = [];
  private readonly name = `pipeline-${process.pid}-${made++}`;
  private readonly hub = `${this.name}-hub`;

  constructor() {
    ip('netns', 'add', this.hub);
    ip('-n', this.hub, 'link', 'add', 'name', 'bridge', 'type', 'bridge');
    ip('-n', this.hub, 'link', 'set', 'bridge', 'up');
  }

  addHost(): Host {
    const number = this.hosts.length + 1;
    const namespace = `${this.name}-${number}`;
    const port = `port${number}`;
    const address = `10.77.0.${number}`;
    ip('netns', 'add', namespace);
    ip('-n', namespace, 'link', 'add', 'name', 'eth0', 'type', 'veth', 'peer', 'name', port, 'netns', this.hub);
    ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
    for (const device of ['lo', 'eth0']) ip('-n', namespace, 'link', 'set', device, 'up');
    ip('-n', this.hub, 'link', 'set', port, 'master', 'bridge', 'up');
    const host = new Host(namespace, address, (state) => ip('-n', this.hub, 'link', 'set', port, state));
    this.hosts.push(host);
    return host;
  }

  async remove(): Promise<void> {
    for (const host of this.hosts) await host.stop();
    ip('netns', 'del', this.hub);
  }
}
