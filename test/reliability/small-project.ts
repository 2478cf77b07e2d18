/** A project whose runs take a second, what it came to when nothing disturbed it, and copies of it to be disturbed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import type { RunEvent, StageSummary } from '../../src/core/event.js';
import { ORIGIN_FILE, originOf } from '../../src/store/origin.js';
import { copyPets } from '../pets.js';
import { zipOf } from '../sources/packing.js';

const cli = join(process.cwd(), 'dist', 'cli.js');

export const pipelineText = `version: 1
seed: 7
stages:
  ingest:
    source: pictures
    image: {size: [32, 32]}
    split: {validation: 0.3}
  augment:
    horizontal_flip: true
    views: 2
  load-base:
    architecture: compact32
  freeze:
    layers: all
  build-head:
    layers:
      - global_average_pooling
      - dense: {units: 4, activation: relu}
      - classifier
  train:
    epochs: 2
  evaluate: {}
  export:
    to: models/pets
`;

export const stageNames = ['ingest', 'augment', 'load-base', 'freeze', 'build-head', 'train', 'evaluate', 'export'];

export async function scratch(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'pipeline-reliability-'));
}

/** The same project with its images in an archive, so that the cache has an unpacked one. */
export async function makeArchiveProject(root: string): Promise<string> {
  await makeProject(root);
  const folder = join(root, 'pictures');
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = files.map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
  const entries = await Promise.all(paths.map(async (name) => ({ name, content: await readFile(join(folder, name)) })));
  await writeFile(join(root, 'pictures.zip'), zipOf(entries));
  await rm(folder, { recursive: true });
  await writeFile(join(root, 'pets.yaml'), pipelineText.replace('source: pictures', 'source: pictures.zip'));
  return root;
}

/** Makes the project in a folder that does not exist yet. */
export async function makeProject(root: string, images = 8): Promise<string> {
  await copyPets(join(root, 'pictures'), images);
  await writeFile(join(root, 'pets.yaml'), pipelineText);
  return root;
}

export interface Ended {
  /** The exit code, or the signal that ended it. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
  readonly events: readonly RunEvent[];
  readonly stages: readonly StageSummary[];
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Options of node, before the command. */
  readonly node?: readonly string[];
  /** Run as another user. */
  readonly uid?: number;
}

/** Starts `pipeline` with arguments in a folder. */
export function start(root: string, args: readonly string[], { env = {}, node = [], uid }: StartOptions = {}): Started {
  const { NODE_OPTIONS: _options, ...environment } = process.env;
  const child = spawn(process.execPath, [...node, cli, ...args], {
    cwd: root,
    env: { ...environment, ...env },
    uid,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([code, signal]: unknown[]): Ended => {
    const events = stdout
      .split('\n')
      .flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as RunEvent] : []));
    const last = events.find((event) => event.event === 'run');
    return {
      code: (code ?? signal) as number | string,
      stdout,
      stderr,
      events,
      stages: last?.event === 'run' ? last.stages : [],
    };
  });
  return { child, ended };
}

export function run(root: string, ...args: string[]): Promise<Ended> {
  return start(root, ['run', 'pets.yaml', '--json', ...args]).ended;
}

/** Digests of all files of a project that are results, by path: the model, the reports, and the outputs of stages. */
export async function resultsOf(root: string): Promise<Record<string, string>> {
  const results: Record<string, string> = {};
  for (const folder of ['models', '.pipeline/out']) {
    for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isDirectory()) results[relative(root, path)] = digestOf(await readFile(path));
    }
  }
  results['pets.lock.yaml'] = digestOf(await readFile(join(root, 'pets.lock.yaml')));
  const { stages } = JSON.parse(await readFile(join(root, '.pipeline/state/pets.json'), 'utf8')) as {
    stages: Record<string, { outputs: unknown }>;
  };
  for (const [name, { outputs }] of Object.entries(stages)) results[name] = JSON.stringify(outputs);
  return results;
}

/** Names of all that lies in the project's folder and beside its results, but for the cache and the logs. */
export async function listingOf(root: string): Promise<string[]> {
  const folders = ['.', '.pipeline', '.pipeline/state', '.pipeline/out', '.pipeline/out/pets', 'models'];
  const lists = await Promise.all(
    folders.map(async (folder) => (await readdir(join(root, folder))).map((name) => join(folder, name))),
  );
  return lists.flat().sort();
}

/** A copy of a project in a folder of its own. */
export async function copyOf(root: string): Promise<string> {
  const copy = await scratch();
  await cp(root, copy, { recursive: true, preserveTimestamps: true });
  await adoptCache(copy);
  return copy;
}

/** As `pipeline cache trust` does: the cache of a copy is that of another place. */
export async function adoptCache(root: string): Promise<void> {
  const version = join(root, '.pipeline/cache/v1');
  if (existsSync(version)) await writeFile(join(version, ORIGIN_FILE), originOf(version));
}

export function remove(root: string): Promise<void> {
  return rm(root, { recursive: true, force: true });
}
