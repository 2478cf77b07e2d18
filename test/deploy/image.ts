/**
 * The steps of deploy/Dockerfile without a container engine. Each stage is a folder that RUN steps see as their root, with
 * this machine's `/usr` and Node.js in place of the base image's; everything else in it comes from the steps.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { lstatSync, mkdirSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import {
  DockerfileParser,
  type Instruction,
  type ModifiableInstruction,
  type PropertyInstruction,
} from 'dockerfile-ast';
import { isIncluded, readIgnored } from './ignored.js';
import { isolated, shellQuoted } from './isolated.js';

export interface Image {
  /** The folder that a container sees as `/`. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly workdir: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
}

type Stage = { -readonly [Field in keyof Image]: Image[Field] };

/**
 * Runs the steps in a folder of its own; the context of the build is `source`. What `made` has is taken from there in
 * place of the steps of a stage.
 */
export async function buildImage(
  source: string,
  folder: string,
  made: Readonly<Record<string, string>> = {},
): Promise<Image> {
  const text = await readFile(join(source, 'deploy/Dockerfile'), 'utf8');
  const ignored = await readIgnored(join(source, '.dockerignore'));
  const stages = new Map<string, Stage>();
  let stage: Stage | undefined;
  let isMade = false;
  for (const step of DockerfileParser.parse(text).getInstructions()) {
    const keyword = step.getKeyword();
    if (keyword === 'ARG' || keyword === 'LABEL') continue;
    if (keyword === 'FROM') {
      const [, , name = 'last'] = words(step);
      isMade = made[name] !== undefined;
      stage = isMade ? emptyStage(made[name]) : await newStage(join(folder, name));
      stages.set(name, stage);
      continue;
    }
    if (isMade) continue;
    if (stage === undefined) throw new Error(`${keyword} comes before FROM`);
    if (keyword === 'COPY') await copy(step, stage, { source, ignored, stages });
    else if (keyword === 'RUN') run(stage, step.getRawArgumentsContent() ?? '');
    else set(stage, step);
  }
  if (stage === undefined) throw new Error('there is no FROM');
  return stage;
}

async function newStage(root: string): Promise<Stage> {
  for (const name of ['usr', 'etc', 'dev', 'proc', 'tmp', 'root', 'opt/node', '.local/bin'])
    await mkdir(join(root, name), { recursive: true });
  // As on this machine: links into /usr, or folders.
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    const stats = lstatSync(`/${name}`, { throwIfNoEntry: false });
    if (stats?.isSymbolicLink() === true) await symlink(readlinkSync(`/${name}`), join(root, name));
    else if (stats !== undefined) await mkdir(join(root, name));
  }
  return emptyStage(root);
}

function emptyStage(root: string): Stage {
  const env = { PATH: '/usr/local/bin:/opt/node/bin:/usr/bin:/bin' };
  return { root, env, user: '0:0', workdir: '/', entrypoint: [], command: [], healthcheck: [] };
}

function words(step: Instruction): string[] {
  return step.getArguments().map((word) => word.getValue());
}

/** The words of a JSON array; refuses the other form, which needs a shell. */
function list(step: Instruction): string[] {
  const [found] = /\[.*\]$/s.exec(step.getArgumentsContent() ?? '') ?? [];
  if (found === undefined) throw new Error(`${step.getKeyword()} is not a JSON array`);
  return JSON.parse(found) as string[];
}

function set(stage: Stage, step: Instruction): void {
  const keyword = step.getKeyword();
  if (keyword === 'WORKDIR') {
    [stage.workdir] = words(step);
    mkdirSync(join(stage.root, stage.workdir), { recursive: true });
  } else if (keyword === 'ENV')
    for (const property of (step as PropertyInstruction).getProperties())
      stage.env = { ...stage.env, [property.getName()]: property.getValue() ?? '' };
  else if (keyword === 'USER') [stage.user] = words(step);
  else if (keyword === 'ENTRYPOINT') stage.entrypoint = list(step);
  else if (keyword === 'CMD') stage.command = list(step);
  else if (keyword === 'HEALTHCHECK') stage.healthcheck = list(step);
  else throw new Error(`these tests do not know ${keyword}`);
}

interface Context {
  readonly source: string;
  readonly ignored: readonly string[];
  readonly stages: ReadonlyMap<string, Image>;
}

async function copy(step: Instruction, stage: Stage, { source, ignored, stages }: Context): Promise<void> {
  const flags = (step as ModifiableInstruction).getFlags().map((flag) => [flag.getName(), flag.getValue()]);
  const [[name, from] = []] = flags;
  if (flags.length > 1 || (name !== undefined && name !== 'from')) throw new Error(`unknown flags: ${flags.join(' ')}`);
  const paths = words(step);
  const target = join(stage.root, stage.workdir, paths.pop() ?? '');
  for (const path of paths) {
    const other = from && stages.get(from);
    if (other) {
      // As hard links: a stage is not changed after it was copied.
      await mkdir(target, { recursive: true });
      execFileSync('cp', ['-al', `${join(other.root, path)}/.`, target]);
      continue;
    }
    const place = join(source, path);
    const filter = (file: string): boolean => isIncluded(relative(source, file), ignored);
    const to = lstatSync(place).isDirectory() ? target : join(target, basename(path));
    await mkdir(dirname(to), { recursive: true });
    await cp(place, to, { recursive: true, filter });
  }
}

function run({ root, env, workdir, user }: Stage, script: string): void {
  if (user !== '0:0') throw new Error('RUN after USER');
  // What reaches the registry from here, which on other machines is the base image's.
  const machine = Object.fromEntries(Object.entries(process.env).filter(([name]) => /PROXY|CERT|_CA_/i.test(name)));
  const given = Object.entries({ ...machine, ...env, HOME: '/root' }).map(([name, value]) => `${name}=${value}`);
  const command = ['env', '-i', ...given, 'sh', '-c', `cd ${shellQuoted(workdir)} && ${script}`];
  const [file, ...args] = isolated(root, command, { mounts: npmMounts() });
  const done = spawnSync(file, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (done.status !== 0) throw new Error(`RUN ${script}\nexits with ${done.status}\n${done.stdout}${done.stderr}`);
}

/** The downloads and the settings of this machine's npm. */
function npmMounts(): (readonly [string, string])[] {
  const [cache, settings] = ['cache', 'userconfig'].map((name) => npmSetting(name));
  return [
    [cache, '/root/.npm'],
    [settings, '/root/.npmrc'],
  ];
}

function npmSetting(name: string): string {
  return spawnSync('npm', ['config', 'get', name], { encoding: 'utf8' }).stdout.trim();
}

/** The folder with `bin/node` and npm beside it. */
export const nodePrefix = dirname(dirname(realpathSync(process.execPath)));
