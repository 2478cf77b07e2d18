/**
 * Results of a trusted cache that are not what this tool writes: each JSON result in turn is replaced, under its true digest
 * and in sealed records, by JSON of another form. A command ends with a plain error or recomputes, and never with a raw message.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import { parseJson } from '../../src/core/guards.js';
import { gatherReport } from '../../src/report/html/gather.js';
import { page } from '../../src/report/html/page.js';
import { readFromFolder } from '../../src/runner/runs/images-of-run.js';
import { openRun } from '../../src/runner/runs/open-run.js';
import { seal, unseal } from '../../src/store/disk/sealed-json.js';
import { pipelineText, Project } from '../e2e/rig.js';
import { runHere } from '../reliability/in-process.js';
import { isLong, randomOf } from '../reliability/scale.js';

interface Kept {
  readonly stage: string;
  readonly output: string;
  readonly digest: string;
}

type Outputs = Record<string, { digest: string; size: number }>;

let project: Project;
let results: Kept[];
let pristine: string;

beforeAll(async () => {
  project = await Project.create();
  // Named, a cache is trusted, also as a copy.
  process.env.PIPELINE_CACHE = project.environment.PIPELINE_CACHE = project.path('.pipeline/cache');
  await project.addPets('pictures', 6);
  const pets = pipelineText({ head: '{units: 2}', train: 'epochs: 1' })
    .replace('  load-base:', '  augment:\n    horizontal_flip: true\n    views: 2\n  load-base:')
    .replace('evaluate: {}', 'evaluate: {minimum: {accuracy: 0}}');
  await project.write('pets.yaml', pets);
  expect((await project.run()).code).toBe(0);
  const state = JSON.parse(await project.read('.pipeline/state/pets.json')) as {
    stages: Record<string, { outputs: Outputs }>;
  };
  results = Object.entries(state.stages).flatMap(([stage, { outputs }]) =>
    Object.entries(outputs).map(([output, { digest }]) => ({ stage, output, digest })),
  );
  pristine = await mkdtemp(join(tmpdir(), 'pipeline-pristine-'));
  await cp(project.path('.pipeline'), pristine, { recursive: true });
}, 120_000);
afterAll(async () => {
  delete process.env.PIPELINE_CACHE;
  await project.remove();
  await rm(pristine, { recursive: true, force: true });
});

const blobOf = (digest: string): string => project.path('.pipeline/cache/v1/blobs', digest.slice(0, 2), digest);

/** Replaces the bytes of a result wherever its digest is named: in records, in the state, and in the record of the run. */
async function forge(digest: string, text: string): Promise<void> {
  const forged = digestOf(text);
  await mkdir(dirname(blobOf(forged)), { recursive: true });
  await writeFile(blobOf(forged), text);
  const folder = project.path('.pipeline');
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !path.endsWith('.json') || path.includes('/out/')) continue;
    const bytes = await readFile(path);
    if (!bytes.includes(digest)) continue;
    const sealed = unseal(bytes);
    const content = typeof sealed === 'string' ? (JSON.parse(bytes.toString()) as object) : sealed;
    replace(content, digest, { digest: forged, size: Buffer.byteLength(text) });
    await writeFile(path, typeof sealed === 'string' ? JSON.stringify(content) : seal(content));
  }
}

function replace(value: unknown, digest: string, by: { digest: string; size: number }): void {
  if (typeof value !== 'object' || value === null) return;
  const fields = value as Record<string, unknown>;
  if (fields.digest === digest) Object.assign(fields, by);
  Object.values(fields).forEach((member) => replace(member, digest, by));
}

/** The document with one field of a wrong type, for each field of its first two levels. */
function spoiled(document: unknown): string[] {
  const texts: string[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > 1) return;
    const fields = value as Record<string, unknown>;
    for (const name of Object.keys(fields).slice(0, 4)) {
      const was = fields[name];
      fields[name] = typeof was === 'string' ? 7 : 'another type';
      texts.push(JSON.stringify(document));
      fields[name] = was;
      visit(was, depth + 1);
    }
  };
  visit(document, 0);
  return texts;
}

const wholes = ['null', '{}', '"text"', `${'['.repeat(20_000)}${']'.repeat(20_000)}`];

const raw =
  /^unexpected|fault of this tool|Cannot read|undefined|is not a function|is not iterable|TypeError|RangeError|SyntaxError|NaN/;

/** What goes wrong in a run, and in a report about the run before, in words. */
async function problems(): Promise<string[]> {
  const { failures } = await runHere(project.root);
  const { store, readBlob, ...opened } = await openRun('last', {
    cwd: project.root,
    version: 'test',
    stderr: () => undefined,
  });
  const report = await gatherReport({
    ...opened,
    readBlob,
    readMade: (key) => store.getRecord(key),
    readImage: (_root, paths, digest) => readFromFolder(project.root, paths, digest),
  });
  page(report);
  return failures.flatMap((failure) => failure.problems.map(({ code, found }) => `${code}: ${found}`));
}

test('JSON of another form is a plain error or computed again', async () => {
  const readers = new Map<string, number>();
  const random = randomOf('forged-results');
  for (const { stage, output, digest } of results) {
    const bytes = await readFile(blobOf(digest));
    const document = parseJson(bytes.toString(), (value): value is unknown => value !== undefined);
    if (document === undefined || output.startsWith('file:')) continue;
    const texts = [...wholes, ...spoiled(document)];
    // In the sample, one of each sort.
    const drawn = 1 + Math.floor(random() * (texts.length - 1));
    for (const text of isLong ? texts : [texts[0], texts[drawn]]) {
      await rm(project.path('.pipeline'), { recursive: true });
      await cp(pristine, project.path('.pipeline'), { recursive: true });
      await forge(digest, text);
      const found = await problems().catch((error: unknown) => [String((error as Error).stack)]);
      const what = `${stage}.${output} = ${text.slice(0, 200)}`;
      for (const problem of found) expect([what, problem]).toEqual([what, expect.not.stringMatching(raw)]);
      if (found.length > 0) readers.set(output, (readers.get(output) ?? 0) + 1);
    }
  }
  // Otherwise nothing would have read what was forged.
  for (const output of ['spec', 'samples', 'files', 'augmentation', 'model', 'metrics', 'predictions'])
    expect([output, readers.get(output)]).toEqual([output, expect.any(Number)]);
}, 600_000);
