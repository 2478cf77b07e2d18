/** Rules about the folders that exports write: inside the project, and of this stage only. */
import { dirname, resolve } from 'node:path';
import { isWithin } from '../../core/paths.js';
import type { Problem } from '../../core/problem.js';
import { shellPath } from '../../core/text/shell-path.js';
import { pathOf } from '../../core/source.js';
import { type LintContext, stagesOf } from './lineage.js';

/** The code that makes a whole failure `unsafe` if there are no other problems. */
export const leavesProject = 'path-leaves-project';

interface Folder {
  readonly name: string;
  readonly to: string;
  /** Absolute. */
  readonly path: string;
}

/** An export replaces its folder as a whole: any other file in it would be lost. */
export function exportFolders(context: LintContext): Problem[] {
  const { stages, home } = context;
  const folders = stagesOf(stages, 'export').map(({ name, config: { to } }): Folder => ({
    name,
    to,
    path: resolve(home, to),
  }));
  // The first export at or below each path: comparing every pair would take minutes for thousands of exports.
  const first = new Map<string, Folder>();
  const exported = new Map<string, Folder>();
  return folders.flatMap((folder) => {
    const above = pathsFrom(folder.path);
    const earlier =
      first.get(folder.path) ?? above.map((path) => exported.get(path)).find((other) => other !== undefined);
    for (const path of above) if (!first.has(path)) first.set(path, folder);
    if (!exported.has(folder.path)) exported.set(folder.path, folder);
    const own = [
      ...writtenForShell(folder, context),
      ...outsideProject(folder, context),
      ...overSources(folder, context),
    ];
    return [...own, ...(earlier === undefined ? [] : [overlap(folder, earlier, context)])];
  });
}

/** A path and all above it. */
function pathsFrom(path: string): string[] {
  const paths = [path];
  for (let current = path; dirname(current) !== current; current = dirname(current)) paths.push(dirname(current));
  return paths;
}

/** A run would make a folder called `~`, which no one would find. */
function writtenForShell({ name, to }: Folder, { locator }: LintContext): Problem[] {
  const forShell = shellPath(to);
  if (forShell === undefined) return [];
  const expected = 'a folder inside the project, such as `models/cats-dogs`';
  return [
    {
      code: 'path-for-a-shell',
      ...locator.at(['stages', name, 'to']),
      found: `\`${to}\` is taken literally: ${forShell.found}`,
      expected,
    },
  ];
}

function outsideProject({ name, to, path }: Folder, { locator, home }: LintContext): Problem[] {
  const place = locator.at(['stages', name, 'to']);
  const expected = 'a separate folder inside the project, such as `models/cats-dogs`';
  if (!isWithin(path, home)) {
    return [{ code: leavesProject, ...place, found: `\`${to}\` is outside the project (${home})`, expected }];
  }
  if (isWithin(home, path))
    return [{ code: leavesProject, ...place, found: `\`${to}\` is the project's own folder`, expected }];
  if (isWithin(path, resolve(home, '.pipeline'))) {
    const found = `\`${to}\` is inside \`.pipeline\`, which is reserved for this tool`;
    return [{ code: 'export-into-state', ...place, found, expected }];
  }
  return [];
}

function overSources({ name, to, path }: Folder, { stages, locator, root, home }: LintContext): Problem[] {
  return stagesOf(stages, 'ingest').flatMap((ingest) => {
    const from = pathOf(ingest.config.source);
    if (from === undefined) return [];
    const source = resolve(root, from);
    if (isWithin(home, path) || (!isWithin(path, source) && !isWithin(source, path))) return [];
    const line = locator.mention(['stages', ingest.name, 'source']);
    const found = `\`${to}\` overlaps the images of \`${ingest.name}\` (\`${from}\`, ${line})`;
    const expected = 'a folder outside the images';
    return [{ code: 'export-over-source', ...locator.at(['stages', name, 'to']), found, expected }];
  });
}

function overlap(folder: Folder, earlier: Folder, { locator }: LintContext): Problem {
  const line = locator.mention(['stages', earlier.name, 'to']);
  const isSame = folder.path === earlier.path;
  return {
    code: 'shared-export-folder',
    ...locator.at(['stages', folder.name, 'to']),
    found: isSame
      ? `\`${folder.name}\` exports into the same folder as \`${earlier.name}\` (${line})`
      : `\`${folder.to}\` and the folder of \`${earlier.name}\`, \`${earlier.to}\` (${line}), overlap`,
    expected: 'a separate folder per export',
  };
}
