/** What became of the files that a stage delivered into the project. */
import { readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { digestOf } from '../core/digest.js';
import type { DeliveredFile, StageMemory } from './checkout.js';
import type { Node } from './graph.js';
import type { Project } from './project.js';

interface TouchedFile {
  readonly path: string;
  readonly before: DeliveredFile;
  readonly state: 'gone' | 'other';
}

/**
 * Delivered files that are not there with their size and time. None is read. What a stage delivered elsewhere, before its
 * file named another folder, is remembered but no business of its own any more.
 */
export async function touchedFiles(project: Project, node: Node, { delivered }: StageMemory): Promise<TouchedFile[]> {
  const places = [project.folderOf(node.stage.name), ...foldersOf(project, node)].map((folder) => relative(project.root, folder));
  const checks = places.flatMap((place) =>
    Object.entries(delivered[place] ?? {}).map(async ([name, before]): Promise<TouchedFile[]> => {
      const path = join(project.root, place, name);
      const found = await stat(path).catch(() => undefined);
      if (found === undefined) return [{ path, before, state: 'gone' }];
      return found.isFile() && found.size === before.size && found.mtimeMs === before.mtimeMs ? [] : [{ path, before, state: 'other' }];
    }),
  );
  return (await Promise.all(checks)).flat();
}

/** Why a stage whose result is the one remembered has files to deliver; undefined where they all stand. Reads only files that were touched. */
export async function reasonToDeliver(project: Project, node: Node, memory: StageMemory): Promise<string | undefined> {
  if (node.definition.deliver === undefined) return undefined;
  if (memory.writing !== undefined) return 'its files were not delivered to the end';
  const missing = foldersOf(project, node).find((folder) => !Object.hasOwn(memory.delivered, relative(project.root, folder)));
  if (missing !== undefined) return `its files are not in ${project.display(missing)} yet`;
  const touched = await touchedFiles(project, node, memory);
  for (const file of touched) {
    if (await isEdited(file)) return `${project.display(file.path)} was changed since it was written: only a run with --force replaces it`;
  }
  const gone = touched.filter(({ state }) => state === 'gone');
  if (gone.length === 0) return undefined;
  const first = project.display(gone[0].path);
  return gone.length === 1 ? `${first} is gone` : `${first} and ${gone.length - 1} more of its files are gone`;
}

/** The folders that its file names. */
function foldersOf(project: Project, { stage, definition }: Node): string[] {
  return (definition.writesTo?.(stage.config) ?? []).map((path) => project.resolvePath(path));
}

/** A file with another time alone, such as one that was copied with its project, is read. */
async function isEdited({ path, before, state }: TouchedFile): Promise<boolean> {
  if (state === 'gone') return false;
  const bytes = await readFile(path).catch(() => undefined);
  return bytes === undefined || digestOf(bytes) !== before.digest;
}
