/**
 * Joins what every command loads into `dist/cli.js`. esbuild's splitting alone makes a file of its own of
 * whatever two parts share, some sixty of which every command would open, at a millisecond each. Files that are loaded on
 * demand find those parts under their old names, which hand on what `cli.js` has.
 */
import { writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { build } from 'esbuild';

const cli = 'dist/cli.js';

/**
 * @param {import('esbuild').Metafile} metafile of the build that made `dist/cli.js` and its chunks
 * @param {import('esbuild').BuildOptions} options what every build of the command has
 */
export async function joinEager({ outputs }, options) {
  const inRoot = (path) => join(options.absWorkingDir, path);
  const eager = closure(cli, outputs);
  eager.delete(cli);
  const parts = [...eager]
    .sort()
    .map((path, index) => ({ path, exports: outputs[path].exports.map((name) => [name, `part${index}_${name}`]) }));
  const fromCli = (path) => `./${relative(dirname(inRoot(cli)), path).replaceAll(sep, '/')}`;
  // The command itself comes last: it runs as soon as it is evaluated.
  const contents = [
    ...parts.map(
      ({ path, exports }) =>
        `export {${exports.map(([name, as]) => `${name} as ${as}`).join(', ')}} from '${fromCli(inRoot(path))}';`,
    ),
    `import '${fromCli(inRoot(cli))}';`,
  ].join('\n');
  const later = {
    name: 'what is loaded on demand stays where it is',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) =>
        kind === 'dynamic-import' ? { path: fromCli(resolve(resolveDir, path)), external: true } : undefined,
      ),
  };
  await build({
    ...options,
    stdin: { contents, resolveDir: dirname(inRoot(cli)) },
    outfile: cli,
    banner: { js: '#!/usr/bin/env node' },
    plugins: [...(options.plugins ?? []), later],
  });
  for (const { path, exports } of parts) {
    await writeFile(
      inRoot(path),
      `export {${exports.map(([name, as]) => `${as} as ${name}`).join(', ')}} from '../cli.js';\n`,
    );
  }
}

/** An output and all that it imports at once. */
function closure(output, outputs) {
  const found = new Set([output]);
  for (const path of found) {
    for (const { path: imported, kind, external } of outputs[path].imports)
      if (kind === 'import-statement' && !external) found.add(imported);
  }
  return found;
}
