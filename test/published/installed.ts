/**
 * The published packages, as `npm install transfer-pipeline` puts them into an empty folder with scripts allowed. Packed
 * and installed once for all tests of a call of jest, because that takes a minute; each test gets a folder of its own.
 */
import { execFile } from 'node:child_process';
import { link, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { registryOf } from './registry.js';

const call = promisify(execFile);

/** The machine's platform, by its name in npm packages. */
export const platform = `${process.platform}-${process.arch}`;

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of a user who has installed the tool. */
export class Journey {
  /** Variables of the environment for its commands. */
  readonly env: NodeJS.ProcessEnv = userEnvironment();

  private constructor(readonly root: string) {}

  /** An empty folder, but for what `npm install transfer-pipeline` left: package.json, its lock file, node_modules. */
  static async begin(): Promise<Journey> {
    const installation = await installedOnce();
    const root = await mkdtemp(join(tmpdir(), 'pipeline-journey-'));
    await linkTree(installation, root);
    return new Journey(root);
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  /** Runs `npx pipeline ...`. */
  pipeline(...args: string[]): Promise<Outcome> {
    return this.command('npx', 'pipeline', ...args);
  }

  /** Runs any program in the folder. */
  command(program: string, ...args: string[]): Promise<Outcome> {
    return new Promise((resolve) => {
      execFile(program, args, { cwd: this.root, env: this.env, maxBuffer: 2 ** 28 }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
      );
    });
  }

  end(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }
}

/** The environment without what a test run adds to it. */
function userEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, CI: _ci, ...rest } = process.env;
  return rest;
}

/** The folder of the installation. The first test that asks makes it, and others wait, in whatever process they are. */
async function installedOnce(): Promise<string> {
  const scratch = process.env.PIPELINE_TEST_INSTALLATION!;
  const [folder, done] = [join(scratch, 'project'), join(scratch, 'done')];
  try {
    await mkdir(folder);
  } catch {
    return waitFor(done, folder);
  }
  const failure = await install(scratch, folder).then(
    () => '',
    (error: unknown) => String(error),
  );
  await writeFile(`${done}.part`, failure);
  await link(`${done}.part`, done);
  return waitFor(done, folder);
}

async function waitFor(done: string, folder: string): Promise<string> {
  for (;;) {
    const failure = await readFile(done, 'utf8').catch(() => undefined);
    if (failure === '') return folder;
    if (failure !== undefined) throw new Error(failure);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function install(scratch: string, folder: string): Promise<void> {
  const packed = join(scratch, 'packed');
  await mkdir(packed);
  await call(process.execPath, ['scripts/release.mjs', '--to', packed, '--platform', platform]);
  const registry = await registryOf(packed);
  try {
    await writeFile(join(folder, 'package.json'), '{"private": true}');
    const env = {
      ...userEnvironment(),
      npm_config_registry: registry.url,
      npm_config_ignore_scripts: 'false',
      npm_config_audit: 'false',
      npm_config_update_notifier: 'false',
    };
    await call('npm', ['install', 'transfer-pipeline'], { cwd: folder, env });
  } finally {
    registry.close();
  }
}

/** The same files by hard links: a copy would be 200 MB. */
async function linkTree(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (!entry.isDirectory()) await link(source, target);
    else {
      await mkdir(target);
      await linkTree(source, target);
    }
  }
}
