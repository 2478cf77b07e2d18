/** Servers with the S3 API on loopback: versitygw, which checks signatures and rights, and moto as a second opinion. */
import { describe } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { AwsV4Signer } from 'aws4fetch';
import type { ObjectStore } from '../../src/object-store/object-store.js';
import { openObjectStore } from '../../src/object-store/open.js';
import type { ObjectStoreOptions } from '../../src/object-store/options.js';
import { freePort } from '../free-port.js';

/** A user of a server by its access key id; the secret is made from it. */
export type User = 'root' | 'writer' | 'reader' | 'stranger';

export const secretOf = (user: User): string => `secret-of-${user}`;

/** The bucket that every server has. */
export const BUCKET = 'team-cache';

export class S3Server {
  constructor(
    readonly port: number,
    readonly process: ChildProcess,
    /** Everything that the server keeps. */
    readonly folder: string,
  ) {}

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** `options.endpoint`: another way to the server, such as a faulty proxy. */
  open(user: User, address = `s3://${BUCKET}`, options: ObjectStoreOptions = {}): Promise<ObjectStore> {
    return openObjectStore(address, { endpoint: this.endpoint, ...options }, environmentOf(user));
  }

  async stop(): Promise<void> {
    await ended(this.process, 'SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The variables that a user of the servers sets. */
export function environmentOf(user: User): NodeJS.ProcessEnv {
  return { AWS_ACCESS_KEY_ID: user, AWS_SECRET_ACCESS_KEY: secretOf(user), AWS_EC2_METADATA_DISABLED: 'true' };
}

const versitygw = found('VERSITYGW', 'versitygw');
const moto = found('MOTO_SERVER', 'moto_server', process.env.PYTHON && dirname(process.env.PYTHON));

/** `describe` if the server is installed; otherwise one that is shown as skipped, with the reason. */
export function describeWithVersitygw(name: string, body: () => void): void {
  if (versitygw !== undefined) describe(name, body);
  else
    describe.skip(
      `${name} (skipped: needs versitygw: go install github.com/versity/versitygw/cmd/versitygw@v1.8.0)`,
      body,
    );
}

export function describeWithMoto(name: string, body: () => void): void {
  if (moto !== undefined) describe(name, body);
  else describe.skip(`${name} (skipped: needs moto: pip install 'moto[s3]' flask flask-cors)`, body);
}

/** The reader may read and list, the writer also write and remove, the stranger nothing. */
export async function startVersitygw(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'versitygw-'));
  for (const name of ['data', 'iam', 'meta']) await mkdir(join(folder, name));
  const accessAccounts = Object.fromEntries(
    (['writer', 'reader', 'stranger'] as const).map((access) => [
      access,
      { access, secret: secretOf(access), role: 'user' },
    ]),
  );
  await writeFile(join(folder, 'iam', 'users.json'), JSON.stringify({ accessAccounts }));
  const server = await started(versitygw!, folder, (port) => [
    ...['--port', `127.0.0.1:${port}`, '--access', 'root', '--secret', secretOf('root')],
    ...['--iam-dir', join(folder, 'iam'), '--keep-alive', '--quiet'],
    ...['posix', '--sidecar', join(folder, 'meta'), join(folder, 'data')],
  ]);
  await asRoot(server, 'PUT', BUCKET);
  const statements = [
    { Principal: { AWS: ['reader', 'writer'] }, Action: ['s3:GetObject'], Resource: `arn:aws:s3:::${BUCKET}/*` },
    { Principal: { AWS: ['reader', 'writer'] }, Action: ['s3:ListBucket'], Resource: `arn:aws:s3:::${BUCKET}` },
    {
      Principal: { AWS: ['writer'] },
      Action: ['s3:PutObject', 's3:DeleteObject'],
      Resource: `arn:aws:s3:::${BUCKET}/*`,
    },
  ].map((statement) => ({ Effect: 'Allow', ...statement }));
  await asRoot(server, 'PUT', `${BUCKET}?policy`, JSON.stringify({ Version: '2012-10-17', Statement: statements }));
  return server;
}

/** Checks neither signatures nor rights. */
export async function startMoto(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'moto-'));
  const server = await started(moto!, folder, (port) => ['-H', '127.0.0.1', '-p', String(port)]);
  await asRoot(server, 'PUT', BUCKET);
  return server;
}

/** A request that the tool itself never makes. */
async function asRoot(server: S3Server, method: string, path: string, body?: string): Promise<void> {
  const signer = new AwsV4Signer({
    ...{ method, url: `${server.endpoint}/${path}`, body, service: 's3', region: 'us-east-1' },
    ...{ accessKeyId: 'root', secretAccessKey: secretOf('root') },
  });
  const { url, headers } = await signer.sign();
  const response = await fetch(url, { method, headers, body });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}

async function started(program: string, folder: string, args: (port: number) => readonly string[]): Promise<S3Server> {
  const port = await freePort();
  const child = spawn(program, args(port), { stdio: 'ignore' });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}`)));
  });
  failed.catch(() => undefined);
  await Promise.race([failed, listens(port)]);
  return new S3Server(port, child, folder);
}

async function listens(port: number): Promise<void> {
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await exit;
}

/** The path of a program that a variable names, or that is in a folder or on PATH. */
function found(variable: string, name: string, folder?: string): string | undefined {
  const named = process.env[variable];
  if (named) return named;
  const folders = [...(folder ? [folder] : []), ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((place) => join(place, name)).find((path) => existsSync(path));
}
