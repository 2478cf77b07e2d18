/** A project whose `.pipeline` and lock file were bent on purpose: every document parsed, changed in one place, and sealed again. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, lstat, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { parse, stringify } from 'yaml';
import { seal, unseal } from '../../src/store/disk/sealed-json.js';
import { pipelineText, Project, repository } from '../e2e/rig.js';

export interface Forgery {
  /** Which document, counted through all that there are. */
  readonly document: number;
  /** Which of its values. */
  readonly place: number;
  readonly value: unknown;
  /** Whether the name of the value is replaced, and not the value. */
  readonly isName: boolean;
}

export interface Outcome {
  readonly code: number;
  readonly stderr: string;
  readonly stdout: string;
}

/** Values that a stranger would try. */
export const hostileValues: readonly unknown[] = [
  '../../../../outside/secret.txt',
  'file:../../../../outside/evil',
  'file:/tmp/evil',
  '/etc/passwd',
  '..',
  '',
  '.',
  '__proto__',
  'constructor',
  'a\0b',
  'C:\\x',
  '\u001b[2J',
  null,
  true,
  [],
  {},
  -1,
  0.5,
  1e308,
  2 ** 53,
  '0'.repeat(64),
  'f'.repeat(63),
  ['../..'],
  { digest: '../../../../outside/secret.txt', size: 17 },
  { digest: '0'.repeat(64), size: 1e15 },
];

/** A project that ran once, as a template, beside files that nothing may touch. */
export class ForgedProject {
  private constructor(private readonly template: string) {}

  static async create(): Promise<ForgedProject> {
    const template = await mkdtemp(join(tmpdir(), 'pipeline-forged-'));
    const project = join(template, 'project');
    await Project.prototype.addPets.call({ path: (...parts: string[]) => join(project, ...parts) }, 'pictures', 8);
    await writeFile(join(project, 'pets.yaml'), pipelineText({ train: 'epochs: 1' }));
    await cp(join(project, 'pictures'), join(template, 'outside/pictures'), { recursive: true });
    await writeFile(join(template, 'outside/secret.txt'), 'nobody moves this');
    for (const args of [
      ['run', 'pets.yaml'],
      ['run', 'pets.yaml', '--set', 'stages.train.epochs=2'],
    ]) {
      const { code, stderr } = await command(template, args);
      if (code !== 0) throw new Error(`the project that is to be forged does not run: ${stderr}`);
    }
    return new ForgedProject(template);
  }

  /** Bends a copy, runs a command in it, and says what changed outside of what the tool keeps. */
  async try(
    forgeries: readonly Forgery[],
    args: readonly string[],
  ): Promise<Outcome & { readonly changed: readonly string[] }> {
    const root = await mkdtemp(join(tmpdir(), 'pipeline-forged-'));
    try {
      await cp(this.template, root, { recursive: true });
      for (const forgery of forgeries) await forge(join(root, 'project'), forgery);
      const before = await listing(root);
      const result = await command(root, args);
      const after = await listing(root);
      return {
        ...result,
        changed: [...before.filter((line) => !after.includes(line)), ...after.filter((line) => !before.includes(line))],
      };
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  }

  remove(): Promise<void> {
    return rm(this.template, { recursive: true, force: true });
  }
}

function command(root: string, args: readonly string[]): Promise<Outcome> {
  const { NODE_OPTIONS: _options, ...env } = process.env;
  const PIPELINE_CACHE = join(root, 'project/.pipeline/cache');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(repository, 'dist/cli.js'), ...args],
      { cwd: join(root, 'project'), env: { ...env, PIPELINE_CACHE }, maxBuffer: 2 ** 26, timeout: 60_000 },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
      },
    );
  });
}

/** What can be forged: all that is read as JSON or YAML, but for the results themselves. */
async function documentsIn(project: string): Promise<string[]> {
  const entries = await readdir(join(project, '.pipeline'), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(project, join(entry.parentPath, entry.name)));
  return [...files.filter((file) => file.endsWith('.json') && !file.includes('/out/')), 'pets.lock.yaml'].sort();
}

async function forge(project: string, { document, place, value, isName }: Forgery): Promise<void> {
  const documents = await documentsIn(project);
  const path = join(project, documents[document % documents.length]);
  const bytes = await readFile(path);
  const isYaml = path.endsWith('.yaml');
  const sealed = isYaml ? 'no' : unseal(bytes);
  const content: unknown =
    typeof sealed === 'object'
      ? structuredClone(sealed)
      : isYaml
        ? parse(bytes.toString())
        : JSON.parse(bytes.toString());
  const places = placesIn(content);
  const { owner, name } = places[place % places.length];
  if (isName && typeof value === 'string' && !Array.isArray(owner))
    Object.defineProperty(owner, value, { value: owner[name], enumerable: true, configurable: true });
  else owner[name] = value;
  await writeFile(
    path,
    typeof sealed === 'object' ? seal(content as object) : isYaml ? stringify(content) : JSON.stringify(content),
  );
}

interface Place {
  readonly owner: Record<string, unknown>;
  readonly name: string;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const owner = value as Record<string, unknown>;
  return Object.keys(owner).flatMap((name) => [{ owner, name }, ...placesIn(owner[name])]);
}

/** Everything but what the tool keeps and delivers itself. */
async function listing(root: string, inside = ''): Promise<string[]> {
  const lines: string[] = [];
  for (const name of (await readdir(join(root, inside))).sort()) {
    const path = join(inside, name);
    if (dirname(path) === 'project' && ['.pipeline', 'models', 'pets.lock.yaml'].includes(name)) continue;
    const status = await lstat(join(root, path));
    if (status.isDirectory()) lines.push(`${path}/`, ...(await listing(root, path)));
    else if (status.isSymbolicLink()) lines.push(`${path} -> ${await readlink(join(root, path))}`);
    else
      lines.push(
        `${path} ${createHash('sha256')
          .update(await readFile(join(root, path)))
          .digest('hex')}`,
      );
  }
  return lines;
}
