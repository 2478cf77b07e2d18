/** Finds the runs that a call is about: of the project here, or of that of a pipeline file. */
import { resolve } from 'node:path';
import { stat } from 'node:fs/promises';
import { pipelinePlaceOf } from '../../config/project-root.js';
import { readSource } from '../../config/source.js';
import type { RunEnd, RunFound, RunStart } from '../../core/run-record.js';
import { failure } from '../../core/problem.js';
import type { BlobRef } from '../../core/digest.js';
import { cachePlaceOf } from '../cache-place.js';
import { refuseLinks } from '../checkout/own-folder.js';
import { projectIn, projectOf, type Project } from '../checkout/project.js';
import { listRuns, pickRun } from './run-history.js';
import { openStore, type Store } from '../../store/store.js';
import type { Tool } from '../open.js';

export interface ProjectRuns {
  readonly project: Project;
  /** The pipeline file that they are of, as the project shows it; undefined for those of the whole project. */
  readonly file: string | undefined;
  /** Newest first. */
  readonly runs: readonly RunFound[];
}

/**
 * The runs of a pipeline file, which need not be valid any more, or all of the project of the current folder. Throws
 * `input-output` for a file that is not there and never ran.
 */
export async function runsOf(file: string | undefined, cwd: string): Promise<ProjectRuns> {
  if (file === undefined) {
    const project = projectIn(cwd);
    refuseLinks(project);
    return { project, file, runs: await listRuns(project.runs) };
  }
  const path = resolve(cwd, file);
  const project = projectOf(pipelinePlaceOf(path, cwd));
  refuseLinks(project);
  const shown = project.display(path);
  const runs = await listRuns(project.runs, shown);
  // A file that was removed still has its runs; one that never was has none, and says so.
  if (runs.length === 0) await readSource(path);
  return { project, file: shown, runs };
}

/** What opening a run needs from its command. */
export interface RunReader extends Pick<Tool, 'version'> {
  readonly cwd: string;
  /** Receives a line for each damaged file of the store. */
  readonly stderr: (text: string) => void;
}

/** A run with a record that can be read, and its results. */
export interface OpenedRun {
  readonly found: Exclude<RunFound, { state: 'unreadable' }>;
  readonly state: RunEnd['state'] | 'running' | 'killed';
  readonly run: RunStart;
  readonly end: RunEnd | undefined;
  readonly project: Project;
  readonly store: Store;
  readonly readBlob: (ref: BlobRef) => Promise<Buffer | undefined>;
}

/**
 * Opens the run that a reference names: the beginning of an id, `last`, `last~1`, or a pipeline file for its last run,
 * `pets.yaml~1` for the one before. Throws `invalid` if there is none, or where its record cannot be read.
 */
export async function openRun(reference: string, host: RunReader): Promise<OpenedRun> {
  const { project, runs, picked } = await find(reference, host.cwd);
  const found = pickRun(runs, picked, { named: reference, where: project.runs });
  if (found.state === 'unreadable') {
    throw failure('invalid', {
      code: 'run-unreadable',
      where: found.id,
      found: 'its record is missing, damaged, or from another version of this tool',
      remedy: 'run the pipeline again: finished stages are cached',
    });
  }
  const onDamage = ({ path, reason }: { path: string; reason: string }): void => host.stderr(`${path}: ${reason}\n`);
  const store = await openStore(cachePlaceOf(project).root, { onDamage, tool: host.version });
  const end = found.state === 'finished' ? found.run : undefined;
  const state = found.state === 'finished' ? found.run.state : found.state;
  return { found, state, run: found.run, end, project, store, readBlob: (ref) => store.readBlob(ref) };
}

async function find(reference: string, cwd: string): Promise<ProjectRuns & { readonly picked: string }> {
  const [, file, back = ''] = /^(.*?)(~\d+)?$/s.exec(reference)!;
  const isFile =
    /\.ya?ml$/.test(file) ||
    (await stat(resolve(cwd, file)).then(
      (info) => info.isFile(),
      () => false,
    ));
  return isFile
    ? { ...(await runsOf(file, cwd)), picked: `last${back}` }
    : { ...(await runsOf(undefined, cwd)), picked: reference };
}
