/** The folders that stages write their files into: inside the project, whatever links are on the way. */
import { lstatSync, realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { Emit } from '../../core/event.js';
import { isWithin } from '../../core/paths.js';
import { asPipelineError, failure, PipelineError } from '../../core/problem.js';
import type { Node } from '../graph.js';
import { obstacleTo } from './obstacle.js';
import type { Project } from './project.js';
import { recoverFolder } from './swap.js';

/** What writes the folders of the state. */
const RUN = 'a run';

/**
 * Looks at all folders before anything is computed: those of the project's state, and those that these stages write.
 * Throws `unsafe` if one is outside the project or a file is in its way, `invalid` if its name is too long,
 * `input-output` if it cannot be written.
 */
export async function checkDestinations(nodes: Iterable<Node>, project: Project): Promise<void> {
  const [first] = await destinationFailures(nodes, project);
  if (first !== undefined) throw first;
}

/** All of what {@link checkDestinations} throws the first of. */
export async function destinationFailures(nodes: Iterable<Node>, project: Project): Promise<PipelineError[]> {
  const failures: PipelineError[] = [];
  const note = async (checked: Promise<PipelineError | undefined>): Promise<void> => {
    const failed = await checked.catch((error: unknown) => asPipelineError(error));
    if (failed !== undefined) failures.push(failed);
  };
  for (const folder of [dirname(project.checkout), project.runs]) await note(failureOf(folder, RUN, project));
  for (const { stage, definition } of nodes) {
    for (const path of definition.writesTo?.(stage.config) ?? []) {
      const folder = project.resolveOutput(path);
      await note(failureAt(project, folder, stage.name));
    }
  }
  return failures;
}

async function failureAt(project: Project, folder: string, by: string): Promise<PipelineError | undefined> {
  refuseOutside(project, folder);
  return failureOf(folder, by, project);
}

/** Why `by` could not write a folder or file in the end; undefined if it could. */
export async function failureOf(
  path: string,
  by: string,
  { display }: Pick<Project, 'display'>,
  as: 'folder' | 'file' = 'folder',
): Promise<PipelineError | undefined> {
  const obstacle = await obstacleTo(path, as);
  switch (obstacle?.kind) {
    case undefined:
      return undefined;
    case 'not-a-folder':
      return noFolder(by, display(path), display(obstacle.path));
    case 'too-long':
      return nameTooLong(by, display(path));
    case 'not-writable':
      return cannotWrite(by, display(path), obstacle.path, obstacle.error);
  }
}

/** Brings back folders whose last delivery was killed while it swapped them. A place that cannot be written stays as it is. */
export async function recoverDestinations(nodes: Iterable<Node>, project: Project, emit: Emit): Promise<void> {
  for (const { stage, definition } of nodes) {
    for (const folder of [
      project.folderOf(stage.name),
      ...(definition.writesTo?.(stage.config) ?? []).map(project.resolveOutput),
    ]) {
      // What is wrong with a place is reported if something is to be written there.
      const restored = await recoverInside(project, folder).catch(() => false);
      if (!restored) continue;
      const text = `restored ${project.display(folder)}: an earlier run was stopped while it replaced the folder`;
      emit({ event: 'note', stage: stage.name, code: 'folder-restored', text });
    }
  }
}

async function recoverInside(project: Project, folder: string): Promise<boolean> {
  refuseOutside(project, folder);
  return recoverFolder(folder);
}

/**
 * Throws `unsafe` if a folder is outside the project. Synchronous: a run asks for a few dozen folders, and a call through
 * Node's pool of threads takes twenty times as long.
 */
export function refuseOutside({ home, display }: Project, folder: string): void {
  const realHome = realpathSync.native(home);
  const inside = relative(home, folder);
  if (inside === '' || !isWithin(folder, home)) throw outside(display(folder), 'is outside the project', home);
  let next = home;
  for (const part of inside.split(sep)) {
    next = join(next, part);
    const entry = unlessFailed(() => lstatSync(next, { throwIfNoEntry: false }));
    if (entry === undefined) break;
    if (entry.isSymbolicLink()) {
      const target = unlessFailed(() => realpathSync.native(next));
      if (target === undefined || !isWithin(target, realHome))
        throw outside(display(folder), `leads out of the project through the link ${display(next)}`, home);
    }
  }
}

function unlessFailed<Result>(call: () => Result): Result | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}

function outside(where: string, found: string, home: string): PipelineError {
  return failure('unsafe', {
    code: 'path-leaves-project',
    where,
    found,
    expected: `a folder inside ${home}`,
    remedy: "name a folder below that of the pipeline's project",
  });
}

function noFolder(stage: string, folder: string, above: string): PipelineError {
  return failure('unsafe', {
    code: 'destination-not-a-folder',
    where: folder,
    found: `cannot be created, which ${stage} needs at its end: ${above} is a file`,
    expected: 'a folder, or an unused name',
    remedy: `move ${above} away, or choose another folder`,
  });
}

function nameTooLong(stage: string, folder: string): PipelineError {
  const shown = folder.length > 80 ? `${folder.slice(0, 77)}...` : folder;
  return failure('invalid', {
    code: 'destination-name-too-long',
    where: shown,
    found: `cannot be created, which ${stage} needs at its end: the name is too long for this file system`,
    expected: 'names of at most 200 bytes, and a path that this system supports',
    remedy: 'choose a shorter name',
  });
}

function cannotWrite(stage: string, folder: string, above: string, error: unknown): PipelineError {
  const { problems } = asPipelineError(error, stage);
  return failure(
    'input-output',
    {
      code: 'destination-not-writable',
      where: folder,
      found: `cannot be written, which ${stage} needs at its end: ${problems[0]?.found ?? above}`,
      expected: 'a writable folder',
      remedy: stage === RUN ? `make ${above} writable` : `make ${above} writable, or choose another folder`,
    },
    error,
  );
}
