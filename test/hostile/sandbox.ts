/**
 * A project inside a folder of its own, beside files that nothing may touch. Commands run there as a user runs them,
 * and what they took is held against the bounds that a refusal has: 2 seconds of the processor and 300 MB.
 */
import { expect } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipelineText, Project, repository } from '../e2e/rig.js';
import { rawWordsIn } from './raw-words.js';

const bounds = { cpuSeconds: 2, megabytes: 300 };

export interface Refused {
  readonly code: number | null;
  readonly stderr: string;
}

export class Sandbox {
  private before: readonly string[] = [];

  private constructor(
    readonly root: string,
    readonly environment: Record<string, string>,
  ) {}

  static async create(environment: Record<string, string> = {}): Promise<Sandbox> {
    const sandbox = new Sandbox(await mkdtemp(join(tmpdir(), 'pipeline-hostile-')), environment);
    await sandbox.write('outside/secret.txt', 'nobody reads this');
    await sandbox.write('project/pets.yaml', pipelineText());
    return sandbox;
  }

  /** A path in the project. */
  path(...parts: string[]): string {
    return join(this.root, 'project', ...parts);
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await mkdir(dirname(join(this.root, path)), { recursive: true });
    await writeFile(join(this.root, path), content);
  }

  async addPets(count: number): Promise<void> {
    await Project.prototype.addPets.call({ path: (...parts: string[]) => this.path(...parts) }, 'pictures', count);
  }

  /** Remembers all that lies outside the project's own folder `.pipeline`. */
  async remember(): Promise<void> {
    this.before = await listing(this.root);
  }

  /** Runs a command, and holds what it took against the bounds. */
  async command(...args: string[]): Promise<Refused> {
    const { cpuSeconds, megabytes, ...refused } = await this.unbounded(...args);
    expect(cpuSeconds).toBeLessThan(bounds.cpuSeconds);
    expect(megabytes).toBeLessThan(bounds.megabytes);
    return refused;
  }

  /** Runs a command that may take its time. */
  async unbounded(...args: string[]): Promise<Refused & typeof bounds> {
    const usage = join(this.root, 'usage.json');
    const { NODE_OPTIONS: _options, ...inherited } = process.env;
    const env = { ...inherited, ...this.environment, USAGE_FILE: usage };
    const words = ['--import', join(repository, 'test/hostile/usage.mjs'), join(repository, 'dist/cli.cjs'), ...args];
    const outcome = await new Promise<Refused>((resolve) => {
      execFile(
        process.execPath,
        words,
        { cwd: this.path(), env, maxBuffer: 2 ** 26, timeout: 60_000 },
        (error, _stdout, stderr) => {
          resolve({ code: typeof error?.code === 'number' ? error.code : error ? null : 0, stderr });
        },
      );
    });
    const taken = JSON.parse(await readFile(usage, 'utf8')) as typeof bounds;
    await rm(usage);
    expect([rawWordsIn(outcome.stderr), outcome.stderr]).toEqual([undefined, outcome.stderr]);
    return { ...outcome, ...taken };
  }

  /** Runs the pipeline, which has to be refused with this exit code and in these words, and writes nothing elsewhere. */
  async refuses(code: number, words: RegExp, ...args: string[]): Promise<void> {
    await this.remember();
    const refused = await this.command('run', 'pets.yaml', ...args);
    expect([refused.code, refused.stderr]).toEqual([code, expect.stringMatching(words)]);
    expect(await listing(this.root)).toEqual(this.before);
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }
}

/** Every entry with its kind and content, without the folder that a project's own state lies in. */
async function listing(root: string, inside = ''): Promise<string[]> {
  const entries: string[] = [];
  for (const name of (await readdir(join(root, inside))).sort()) {
    const path = join(inside, name);
    if (path === join('project', '.pipeline')) continue;
    const status = await lstat(join(root, path));
    if (status.isDirectory()) entries.push(`${path}/`, ...(await listing(root, path)));
    else if (status.isSymbolicLink()) entries.push(`${path} -> ${await readlink(join(root, path))}`);
    else if (status.isFile())
      entries.push(
        `${path} ${createHash('sha256')
          .update(await readFile(join(root, path)))
          .digest('hex')}`,
      );
    else entries.push(`${path} (special)`);
  }
  return entries;
}
