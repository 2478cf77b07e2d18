/**
 * The runs of a project, `.pipeline/runs/<id>/`. An id is the UTC time of the start to the millisecond and two random
 * digits: `20260901-140312-417a3`. Clocks can be wrong, so which run is newer is decided by `.pipeline/runs.order`, a
 * list of ids that every run appends its own to.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, type PipelineError } from '../../core/problem.js';
import { parseJson } from '../../core/guards.js';
import { readOwnText } from '../../core/own-json.js';
import { isRunRecord, type RunFound, type RunRecord } from '../../core/run-record.js';
import { isAlive } from '../../store/disk/owner.js';

export const RECORD_FILE = 'run.json';

/** How many runs are kept. They are small; what they computed is in the store and obeys other rules. */
export const RUNS_KEPT = 100;

const idPattern = /^\d{8}-\d{6}-[0-9a-f]{5}$/;

/** Makes the folder of a run that starts now, and removes those of the oldest runs beyond {@link RUNS_KEPT}. */
export async function newRunFolder(runs: string, now: Date): Promise<{ id: string; folder: string }> {
  await mkdir(runs, { recursive: true });
  const digits = now.toISOString().replace(/\D/g, '');
  for (;;) {
    const id = `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${digits.slice(14, 17)}${randomBytes(1).toString('hex')}`;
    const folder = join(runs, id);
    // First, so that no folder is ever without its place and taken for an old one.
    await appendTo(`${runs}.order`, `${id}\n`);
    try {
      await mkdir(folder);
      await removeOldest(runs);
      return { id, folder };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** A run in progress keeps its folder, however many began after it. */
async function removeOldest(runs: string): Promise<void> {
  for (const id of (await idsOf(runs)).slice(RUNS_KEPT)) {
    if ((await readRun(runs, id)).state !== 'running') await rm(join(runs, id), { recursive: true, force: true });
  }
}

/** Appends in one write, which lines of other runs do not get into. Waits for no pipe and follows no link. */
async function appendTo(path: string, line: string): Promise<void> {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;
  const file = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOFOLLOW, 0o644);
  try {
    await file.write(line);
  } finally {
    await file.close();
  }
}

/**
 * Ids, newest first. Those without a place in the order are of versions that kept none: older than all others, by date.
 */
async function idsOf(runs: string): Promise<string[]> {
  const names = await readdir(runs).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const order = await readOwnText(`${runs}.order`);
  const places = new Map(order.split('\n').map((id, place) => [id, place]));
  const placeOf = (id: string): number => places.get(id) ?? -1;
  const byDate = names
    .filter((name) => idPattern.test(name))
    .sort()
    .reverse();
  return byDate.sort((a, b) => placeOf(b) - placeOf(a));
}

/** All runs, newest first; with a file, as the project shows its path, only those of that pipeline. */
export async function listRuns(runs: string, file?: string): Promise<RunFound[]> {
  const found = await Promise.all((await idsOf(runs)).map((id) => readRun(runs, id)));
  return found.filter((run) => file === undefined || (run.state !== 'unreadable' && run.run.pipeline.file === file));
}

/** The newest run that is dated later than the one after it; undefined if dates and order agree. */
export function datedWrong(runs: readonly RunFound[]): RunFound | undefined {
  return runs.find(({ id }, i) => i > 0 && timeIn(id) > timeIn(runs[i - 1].id) + CLOCKS_DIFFER_MS);
}

const CLOCKS_DIFFER_MS = 60_000;

function timeIn(id: string): number {
  return Date.parse(id.replace(/^(....)(..)(..)-(..)(..)(..)-(...).*$/, '$1-$2-$3T$4:$5:$6.$7Z'));
}

async function readRun(runs: string, id: string): Promise<RunFound> {
  const record = parse(await readOwnText(join(runs, id, RECORD_FILE)), id);
  if (record === undefined) return { state: 'unreadable', id };
  if (record.state !== 'running') return { state: 'finished', id, run: record };
  return { state: isAlive(record.owner) ? 'running' : 'killed', id, run: record };
}

function parse(text: string, id: string): RunRecord | undefined {
  const record = parseJson(text, isRunRecord);
  return record?.id === id ? record : undefined;
}

/**
 * The run that a person means: `last`, `last~2` for the second before it, or the beginning of an id. `runs` are newest
 * first; `named` is what the person wrote, and `where` the place that was looked at. Throws `invalid` if none or
 * several fit.
 */
export function pickRun(
  runs: readonly RunFound[],
  reference: string,
  { named = reference, where }: { named?: string; where: string },
): RunFound {
  if (runs.length === 0) {
    throw unknown(named, `no runs are recorded in ${where}`, 'run a pipeline first, or pass its file');
  }
  const back = /^last(?:~(\d+))?$/.exec(reference);
  if (back !== null) {
    const run = runs[Number(back[1] ?? 0)];
    if (run !== undefined) return run;
    throw unknown(named, `there are ${runs.length} runs in ${where}`, `go back at most ~${runs.length - 1}`);
  }
  const fitting = runs.filter(({ id }) => id.startsWith(reference));
  if (fitting.length === 1) return fitting[0];
  if (fitting.length === 0)
    throw unknown(named, 'is neither a run nor a pipeline file', 'list runs with `pipeline runs`');
  throw unknown(
    named,
    `matches ${fitting.length} runs: ${fitting
      .slice(0, 5)
      .map(({ id }) => id)
      .join(', ')}`,
    'give more characters of the id',
  );
}

function unknown(where: string, found: string, remedy: string): PipelineError {
  const expected = 'the id of a run or its beginning, a pipeline file, `last` or `last~1`';
  return failure('invalid', { code: 'unknown-run', where, found, expected, remedy });
}
