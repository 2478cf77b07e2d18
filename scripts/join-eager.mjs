/**
 * Joins what a run that has nothing to do loads into `dist/cli.js`. esbuild's splitting alone makes a file of its own of
 * whatever two parts share, some sixty of which every command would open, at a millisecond each. Files that are loaded on
 * demand find those parts under their old names, which hand on what `cli.js` has.
 */
import { writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { build } from 'esbuild';

/**
 * @param {import('esbuild').Metafile} metafile of the build that made `dist/cli.js` and its chunks
 * @param {readonly string[]} onDemand modules that `run` always asks for, beside what is imported at once
 * @param {import('esbuild').BuildOptions} options of that build
 */
export async function joinEager({ outputs }, onDemand, options) {
  const [cli] = Object.keys(outputs).filter((path) => outputs[path].entryPoint === 'dist/cli.js');
  const asked = Object.keys(outputs).filter((path) => onDemand.includes(outputs[path].entryPoint));
  if (asked.length < onDemand.length) throw new Error(`not all of ${onDemand.join(', ')} are chunks`);
  const eager = closure([cli, ...asked], outputs);
  eager.delete(cli);
  const parts = [...eager].sort().map((path, index) => ({ path, exports: outputs[path].exports.map((name) => [name, `part${index}_${name}`]) }));
  const base = dirname(cli);
  const from = (path) => `./${relative(base, path)}`;
  // The command itself comes last: it runs as soon as it is evaluated.
  const contents = [
    ...parts.map(({ path, exports }) => `export {${exports.map(([name, as]) => `${name} as ${as}`).join(', ')}} from '${from(path)}';`),
    `import '${from(cli)}';`,
  ].join('\n');
  const later = {
    name: 'what is loaded on demand stays where it is',
    setup: ({ onResolve }) => onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => (kind === 'dynamic-import' ? { path: from(resolve(resolveDir, path)), external: true } : undefined)),
  };
  await build({ ...options, entryPoints: undefined, outdir: undefined, splitting: false, chunkNames: undefined, stdin: { contents, resolveDir: base }, outfile: cli, banner: { js: '#!/usr/bin/env node' }, plugins: [later] });
  for (const { path, exports } of parts) {
    await writeFile(path, `export {${exports.map(([name, as]) => `${as} as ${name}`).join(', ')}} from '${relative(dirname(path), cli)}';\n`);
  }
}

/** The outputs and all that they import at once. */
function closure(paths, outputs) {
  const found = new Set(paths);
  for (const path of found) {
    for (const { path: imported, kind, external } of outputs[path].imports) if (kind === 'import-statement' && !external) found.add(imported);
  }
  return found;
}
