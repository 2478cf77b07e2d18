/** A team with a bucket: a server, its machines, and what each of them is given. */
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { RunEvent } from '../../src/core/event.js';
import { digestOf } from '../../src/core/digest.js';
import { privateKeyText, signerOf, type Signer } from '../../src/core/signing/keys.js';
import { BUCKET, environmentOf, secretOf, startVersitygw, type S3Server, type User } from '../object-store/servers.js';
import { copyOf, makeProject, remove, resultsOf, run, scratch, start, type Ended } from './small-project.js';

const keyOf = (byte: number): string => privateKeyText(Buffer.alloc(32, byte));
const ciKey = keyOf(7);
const strangerKey = keyOf(9);
const signer = (key: string): Signer => signerOf(key)!;
export const ci = signer(ciKey);
export const stranger = signer(strangerKey);

export type Environment = Readonly<Record<string, string>>;

export class Team {
  private constructor(
    readonly server: S3Server,
    readonly base: string,
    /** A project that was never run. */
    readonly pristine: string,
    /** What a run without a shared cache comes to. */
    readonly expected: Readonly<Record<string, string>>,
  ) {}

  static async start(): Promise<Team> {
    const server = await startVersitygw();
    const base = await scratch();
    const pristine = await makeProject(join(base, 'project'));
    const trust = { name: 'ci', key: signer(ciKey).publicKey };
    await writeFile(join(pristine, 'pipeline.trust.yaml'), `version: 1\nkeys:\n  - ${JSON.stringify(trust)}\n`);
    const alone = await copyOf(pristine);
    await run(alone);
    const team = new Team(server, base, pristine, await resultsOf(alone));
    await remove(alone);
    return team;
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await remove(this.base);
  }

  /** Where the server keeps the objects of a prefix. */
  folderOf(prefix: string): string {
    return join(this.server.folder, 'data', BUCKET, prefix);
  }

  /** A prefix with a copy of what is below another one. */
  async copyPrefix(from: string, to: string): Promise<void> {
    await cp(this.folderOf(from), this.folderOf(to), { recursive: true });
  }

  environment(
    prefix: string,
    { user = 'writer' as User, endpoint = this.server.endpoint, key = ciKey } = {},
  ): Environment {
    return {
      ...(environmentOf(user) as Environment),
      AWS_ENDPOINT_URL_S3: endpoint,
      PIPELINE_REMOTE: `s3://${BUCKET}/${prefix}`,
      PIPELINE_SIGNING_KEY: key,
      HOME: this.base,
    };
  }

  /** A new machine, that is removed afterwards. */
  async machine<Result>(work: (root: string) => Promise<Result>): Promise<Result> {
    const root = await copyOf(this.pristine);
    try {
      return await work(root);
    } finally {
      await remove(root);
    }
  }
}

export function runWith(root: string, env: Environment, ...args: string[]): Promise<Ended> {
  return start(root, ['run', 'pets.yaml', '--json', ...args], { env }).ended;
}

/** Notes about the shared cache, `code: text`. */
export function notesIn(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) =>
    event.event === 'note' && event.code.includes('share') ? [`${event.code}: ${event.text}`] : [],
  );
}

const secrets = [ciKey, strangerKey].map((key) => key.slice('ed25519-private:'.length));

/** Where a secret is in what a run has printed or written. */
export async function leaksOf(root: string, { stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): Promise<string[]> {
  const all = [...secrets, ...(['root', 'writer', 'reader', 'stranger'] as const).map(secretOf)];
  const leaks: string[] = [];
  const look = (where: string, text: Buffer | string): void => {
    if (all.some((secret) => text.includes(secret))) leaks.push(where);
  };
  look('stdout', stdout);
  look('stderr', stderr);
  for (const path of await filesBelow(root)) look(relative(root, path), await readFile(path));
  return leaks;
}

export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : [])).sort();
}

/** Objects that this tool named by their bytes and that have others. */
export async function wrongObjects(folder: string): Promise<string[]> {
  const wrong: string[] = [];
  for (const path of await filesBelow(folder)) {
    const [, digest] = /\/(?:blobs\/..|packs\/[^/]*)\/([0-9a-f]{64})(?:\.pack)?$/.exec(path) ?? [];
    if (digest !== undefined && digestOf(await readFile(path)) !== digest) wrong.push(relative(folder, path));
  }
  return wrong;
}
