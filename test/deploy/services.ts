/** The services of deploy/compose.yaml without Docker, in a network of their own where they find each other by name. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Image } from './image.js';
import { isolated, networkOf } from './isolated.js';
import type { Service } from './manifests.js';

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** The S3 server of compose.yaml. */
export const versitygw = process.env.VERSITYGW ?? 'versitygw';

/** `undefined`, or why they cannot run here. */
export const withoutServers: string | undefined = [versitygw, 'redis-server', 'wget', 'nsenter'].some(
  (name) => spawnSync(name, ['--version']).status !== 0,
)
  ? 'skipped: needs redis-server and versitygw'
  : undefined;

export class Services {
  private readonly running: Running[] = [];

  private constructor(
    private readonly folder: string,
    private readonly image: Image,
    private readonly services: Readonly<Record<string, Service>>,
    private readonly network: ChildProcess,
  ) {}

  static async create(folder: string, image: Image, services: Readonly<Record<string, Service>>): Promise<Services> {
    const network = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up && echo up && exec sleep infinity']);
    await once(network.stdout, 'data');
    await writeFile(join(folder, 'hosts'), `127.0.0.1 localhost ${Object.keys(services).join(' ')}\n`);
    // The programs of other images, by the names that they have there.
    await mkdir(join(folder, 'bin'));
    for (const [name, program] of Object.entries({ 'valkey-server': 'redis-server', 'valkey-cli': 'redis-cli' }))
      await symlink(spawnSync('which', [program], { encoding: 'utf8' }).stdout.trim(), join(folder, 'bin', name));
    return new Services(folder, image, services, network);
  }

  /** Starts a service whose image is not ours, as a program of this machine, and waits until it is healthy. */
  async startOther(name: string, change: (words: readonly string[]) => readonly string[]): Promise<void> {
    const { command = [], healthcheck } = this.services[name];
    this.start(name, change(command));
    await this.healthy(() => this.checkHere(name, healthcheck?.test ?? []));
  }

  /** Starts a service of our image. */
  startOwn(name: string, project: string, change = (words: readonly string[]): readonly string[] => words): Running {
    const { command = [], environment = {}, read_only: readOnly = false } = this.services[name];
    const { root, env, workdir, entrypoint, user } = this.image;
    const given = Object.entries({ ...env, ...environment }).map(([variable, value]) => `${variable}=${value}`);
    const inside = ['sh', '-c', `cd ${workdir} && exec "$@"`, 'sh', ...entrypoint, ...change(command)];
    const words = isolated(root, ['env', '-i', ...given, ...inside], {
      mounts: [
        [project, '/project'],
        [join(this.folder, 'hosts'), '/etc/hosts'],
      ],
      memory: ['/tmp', '/cache'],
      offline: this.network.pid,
      readOnly,
      user,
    });
    return this.run(words, {});
  }

  /** Asks the health check of the image within a container, until it is healthy. */
  async healthyOwn(running: Running): Promise<void> {
    const inside = ['nsenter', `--target=${running.inner}`, '--mount', '--pid', '--net', '--root'];
    await this.healthy(() => spawnSync(inside[0], [...inside.slice(1), ...this.image.healthcheck]).status === 0);
  }

  async stop(): Promise<void> {
    for (const running of this.running) running.kill();
    this.network.kill('SIGKILL');
    await Promise.all(this.running.map((running) => running.ended));
  }

  private start(name: string, words: readonly string[]): void {
    this.run([...networkOf(this.network.pid!), ...words], this.services[name].environment ?? {});
  }

  private run(words: readonly string[], variables: Readonly<Record<string, string>>): Running {
    const env = { ...process.env, PATH: this.path, ...variables };
    const running = new Running(spawn(words[0], words.slice(1), { cwd: this.folder, env }));
    this.running.push(running);
    return running;
  }

  private checkHere(name: string, [kind, ...words]: readonly string[]): boolean {
    const command = kind === 'CMD-SHELL' ? ['sh', '-c', ...words] : words;
    const [file, ...args] = [...networkOf(this.network.pid!), ...command];
    const env = { ...process.env, PATH: this.path, ...this.services[name].environment };
    return spawnSync(file, args, { env }).status === 0;
  }

  private get path(): string {
    return [join(this.folder, 'bin'), process.env.PATH].join(delimiter);
  }

  private async healthy(isHealthy: () => boolean): Promise<void> {
    for (let attempt = 0; !isHealthy(); attempt++) {
      if (attempt > 150) throw new Error(`not healthy:\n${this.running.map(({ output }) => output).join('\n')}`);
      await delay(200);
    }
  }
}

export class Running {
  output = '';
  readonly ended: Promise<Ended>;

  constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes: Buffer) => (this.output += bytes.toString()));
    this.ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output: this.output }));
  }

  /** The process that `unshare` waits for: number 1 inside. */
  get inner(): number {
    const { pid } = this.child;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
  }

  /** As the engine stops a container. */
  terminate(): void {
    process.kill(this.inner, 'SIGTERM');
  }

  kill(): void {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    try {
      if (this.inner > 0) process.kill(this.inner, 'SIGKILL');
    } catch {
      // It ended in between, or has no process inside.
    }
    this.child.kill('SIGKILL');
  }
}
