/** What became of the files that a stage delivered into the project. */
import { statSync, type Stats } from 'node:fs';
import { join, relative } from 'node:path';
import type { Digest } from '../../core/digest.js';
import { own } from '../../core/own.js';
import { digestRegular } from '../../core/regular-file.js';
import { isUntouched, type DeliveredFile, type StageMemory } from './checkout.js';
import type { Node } from '../graph.js';
import type { Project } from './project.js';

interface TouchedFile {
  readonly path: string;
  readonly before: DeliveredFile;
  readonly state: 'gone' | 'other';
}

/**
 * Delivered files that are not there with their size and times. None is read. What a stage delivered elsewhere, before its
 * file named another folder, is remembered but no business of its own any more.
 */
export function touchedFiles(project: Project, node: Node, { delivered }: StageMemory): TouchedFile[] {
  const places = [project.folderOf(node.stage.name), ...foldersOf(project, node)].map((folder) =>
    relative(project.home, folder),
  );
  return places.flatMap((place) =>
    Object.entries(own(delivered, place) ?? {}).flatMap(([name, before]): TouchedFile[] => {
      const path = join(project.home, place, name);
      const found = statsOf(path);
      if (found === undefined) return [{ path, before, state: 'gone' }];
      return found.isFile() && isUntouched(before, found) ? [] : [{ path, before, state: 'other' }];
    }),
  );
}

/** Synchronous: for the few files of a stage, a call through Node's pool of threads takes twenty times as long. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Why a stage whose result is the one remembered has files to deliver; undefined if they all stand. Reads only files that were touched. */
export async function reasonToDeliver(project: Project, node: Node, memory: StageMemory): Promise<string | undefined> {
  if (node.definition.deliver === undefined) return undefined;
  const touched = touchedFiles(project, node, memory);
  const ours = Object.values(memory.writing ?? {}).flat();
  for (const file of touched) {
    if (await isEdited(file, ours))
      return `${project.display(file.path)} was changed since it was written; only --force ${node.stage.name} replaces it`;
  }
  if (memory.writing !== undefined) return 'its files were not written completely';
  const missing = foldersOf(project, node).find(
    (folder) => !Object.hasOwn(memory.delivered, relative(project.home, folder)),
  );
  if (missing !== undefined) return `its files are not in ${project.display(missing)} yet`;
  const gone = touched.filter(({ state }) => state === 'gone');
  if (gone.length === 0) return undefined;
  const first = project.display(gone[0].path);
  return gone.length === 1 ? `${first} is gone` : `${first} and ${gone.length - 1} more of its files are gone`;
}

/** The folders that its file names. */
function foldersOf(project: Project, { stage, definition }: Node): string[] {
  return (definition.writesTo?.(stage.config) ?? []).map((path) => project.resolveOutput(path));
}

/** A file with other times alone, such as one that was copied with its project, is read; `ours` are digests of a delivery that was broken off. */
async function isEdited({ path, before, state }: TouchedFile, ours: readonly Digest[]): Promise<boolean> {
  if (state === 'gone') return false;
  const digest = await digestRegular(path).catch(() => undefined);
  if (digest === undefined) return true;
  return digest !== before.digest && !ours.includes(digest);
}
