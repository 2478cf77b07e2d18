/**
 * Joins what every command loads into `dist/main.cjs`, a script that `dist/cli.cjs` starts with V8's compiled code of an
 * earlier start. esbuild's splitting alone makes a file of its own of whatever two parts share, some sixty of which
 * every command would open, at a millisecond each. Files that are loaded on demand find those parts under their old
 * names, which pass on what `main.cjs` has.
 */
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { build } from 'esbuild';

const main = 'dist/main.js';

/** Marks `import()` in the script, which leaves it to `cli.cjs`: in compiled code that was kept V8 refuses it. */
const onDemand = 'on-demand:';

/**
 * @param {import('esbuild').Metafile} metafile of the build that made `dist/main.js` and its chunks
 * @param {import('esbuild').BuildOptions} options what every build of the command has
 * @param {string} banner what that build put before each of them
 */
export async function joinEager({ outputs }, options, banner) {
  const inRoot = (path) => join(options.absWorkingDir, path);
  const eager = closure(main, outputs);
  eager.delete(main);
  const parts = [...eager].sort().map((path, index) => ({ path, part: `part${index}`, names: outputs[path].exports }));
  const fromMain = (path) => `./${relative(dirname(inRoot(main)), path).replaceAll(sep, '/')}`;
  // The command itself comes last: it runs as soon as it is evaluated. Most commands ask for no part, hence the functions.
  const contents = [
    ...parts.map(
      ({ path, part, names }) =>
        `import { ${names.map((name) => `${name} as ${part}_${name}`).join(', ')} } from '${fromMain(inRoot(path))}';`,
    ),
    `import '${fromMain(inRoot(main))}';`,
    ...parts.map(
      ({ part, names }) =>
        `export const ${part} = () => ({ ${names.map((name) => `${name}: ${part}_${name}`).join(', ')} });`,
    ),
  ].join('\n');
  const joined = new Set([...eager, main].map(inRoot));
  const intoScript = {
    name: 'parts of the script, and what stays where it is',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /.*/ }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined;
        const found = path.startsWith('.') ? fromMain(resolve(resolveDir, path)) : path;
        return { path: `${onDemand}${found}`, external: true };
      });
      // A script is given the `require` that modules have to make, and `import.meta.url` as a variable.
      onLoad({ filter: /\.js$/ }, async ({ path }) =>
        joined.has(path) ? { contents: (await readFile(path, 'utf8')).replace(banner, '') } : undefined,
      );
    },
  };
  const { outputFiles } = await build({
    ...options,
    format: 'cjs',
    stdin: { contents, resolveDir: dirname(inRoot(main)) },
    outfile: 'dist/main.cjs',
    write: false,
    define: { 'import.meta.url': '__moduleUrl' },
    minifyWhitespace: true,
    plugins: [...(options.plugins ?? []), intoScript],
  });
  const text = outputFiles[0].text.replaceAll(`import("${onDemand}`, '__import("');
  const code = `(function (require, module, exports, __moduleUrl, __import, __keepCode) {"use strict";${text}\n})`;
  // The first line names the contents: compiled code belongs to one script.
  const name = createHash('sha256').update(code).digest('hex');
  await writeFile(inRoot('dist/main.cjs'), `//${name}\n${code}`);
  for (const { path, part, names } of parts)
    await writeFile(
      inRoot(path),
      `import { main } from '../cli.js';\nexport const { ${names.join(', ')} } = main.${part}();\n`,
    );
  // Nothing loads it any more.
  for (const path of [main, `${main}.map`, 'dist/main.d.ts']) await rm(inRoot(path), { force: true });
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
