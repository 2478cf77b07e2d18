/** The folders that stages write their files into: inside the project, whatever links stand on the way. */
import { constants } from 'node:fs';
import { access, lstat, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { isWithin } from '../core/paths.js';
import { asPipelineError, failure, PipelineError } from '../core/problem.js';
import { recoverFolder } from './deliver.js';
import type { Node } from './graph.js';
import type { Project } from './project.js';

/**
 * Looks at all folders before anything is computed. Throws `unsafe` where one lies outside the project or a file
 * stands in its place, `input-output` where one cannot be written.
 */
export async function checkDestinations(nodes: Iterable<Node>, project: Project): Promise<void> {
  for (const { stage, definition } of nodes) {
    for (const path of definition.writesTo?.(stage.config) ?? []) {
      const folder = project.resolvePath(path);
      const above = await refuseOutside(project, folder);
      if (!(await stat(above)).isDirectory()) throw noFolder(stage.name, project.display(folder), project.display(above));
      await access(above, constants.W_OK).catch((error: unknown) => {
        throw cannotWrite(stage.name, project.display(folder), above, error);
      });
    }
  }
}

/** Brings back folders whose last delivery was killed while it swapped them. A place that cannot be written stays as it is. */
export async function recoverDestinations(nodes: Iterable<Node>, project: Project): Promise<void> {
  for (const { stage, definition } of nodes) {
    for (const folder of [project.folderOf(stage.name), ...(definition.writesTo?.(stage.config) ?? []).map(project.resolvePath)]) {
      // What is wrong with a place is said where something is to be written there.
      await refuseOutside(project, folder).then(() => recoverFolder(folder)).catch(() => undefined);
    }
  }
}

/** Throws `unsafe` where a folder lies outside the project. Resolves with the nearest of it and those above that is there. */
export async function refuseOutside({ root, display }: Project, folder: string): Promise<string> {
  const realRoot = await realpath(root);
  const inside = relative(root, folder);
  if (inside === '' || !isWithin(folder, root)) throw outside(display(folder), 'lies outside the project', root);
  let above = root;
  for (const part of inside.split(sep)) {
    const next = join(above, part);
    const entry = await lstat(next).catch(() => undefined);
    if (entry === undefined) break;
    if (entry.isSymbolicLink()) {
      const target = await realpath(next).catch(() => undefined);
      if (target === undefined || !isWithin(target, realRoot)) throw outside(display(folder), `leads out of the project by the link ${display(next)}`, root);
    }
    above = next;
  }
  return above;
}

function outside(where: string, found: string, root: string): PipelineError {
  return failure('unsafe', {
    code: 'path-leaves-project',
    where,
    found,
    expected: `a folder inside ${root}`,
    remedy: "name a folder below that of the pipeline's project",
  });
}

function noFolder(stage: string, folder: string, above: string): PipelineError {
  return failure('unsafe', {
    code: 'destination-not-a-folder',
    where: folder,
    found: `cannot be made, which ${stage} would do in the end: ${above} is a file`,
    expected: 'a folder, or a name that is free',
    remedy: `move ${above} away, or name another folder`,
  });
}

function cannotWrite(stage: string, folder: string, above: string, error: unknown): PipelineError {
  const { problems } = asPipelineError(error, stage);
  return failure('input-output', {
    code: 'destination-not-writable',
    where: folder,
    found: `cannot be written, which ${stage} would do in the end: ${problems[0]?.found ?? above}`,
    expected: 'a folder that can be written',
    remedy: `make ${above} writable, or name another folder`,
  }, error);
}
