/** Folders outside the state of a project that stages deliver to: looked at before anything is computed. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PipelineError } from '../core/problem.js';
import { hasCode } from '../store/cache-fs.js';
import { plan } from './plan.js';
import type { Session } from './session.js';
import type { Node } from './graph.js';

/**
 * Throws `input-output` where a stage that is asked for will deliver into a folder that cannot be written. A run in which
 * all is current goes on: it may have nothing to write.
 */
export async function refuseUnwritable(session: Session, selected: ReadonlySet<string>, forced: ReadonlySet<string>): Promise<void> {
  const nodes = session.graph.nodes.filter(({ stage }) => selected.has(stage.name));
  const closed = (await Promise.all(nodes.map((node) => closedOf(session, node)))).filter((one) => one !== undefined);
  if (closed.length === 0) return;
  const planned = await plan(session, forced);
  if (planned.every(({ decision }) => decision.state === 'fresh')) return;
  const { display } = session.project;
  throw new PipelineError(
    'input-output',
    closed.map(({ destination, folder }) => ({
      code: 'not-writable',
      where: display(destination),
      found: `cannot be written: you may not write in ${display(folder)}`,
      remedy: 'make it writable or name another folder, and run again: nothing was computed yet',
    })),
  );
}

/** The nearest folder there is of a stage's destination, where that cannot be written. */
async function closedOf({ project }: Session, { stage, definition }: Node): Promise<{ destination: string; folder: string } | undefined> {
  const destination = definition.destination?.(stage.config);
  if (destination === undefined) return undefined;
  const path = project.resolvePath(destination);
  // The folder is replaced as a whole: it is the one around it that has to let that happen.
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    try {
      await access(folder, constants.W_OK);
      return undefined;
    } catch (error) {
      if (hasCode(error, 'ENOENT') && folder !== dirname(folder)) continue;
      return { destination: path, folder };
    }
  }
}
