/**
 * Builds what `export` puts beside a model, into `dist/bundle`: programs in other languages as they are, code for Node and
 * browsers joined into one file each. `digest` names all of them, for the keys of exports.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const target = at('dist/bundle');

export async function buildBundle() {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  for (const name of await readdir(at('src/bundle')))
    if (!name.endsWith('.ts')) await cp(at(`src/bundle/${name}`), join(target, name));
  await build({
    entryPoints: [at('src/bundle/prepare.ts')],
    outfile: join(target, 'prepare.mjs'),
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    banner: { js: '// Resizes images as in training, in Node and in browsers. See README.md.' },
    logLevel: 'warning',
  });
  await writeFile(join(target, 'digest'), await digestOfFiles());
}

async function digestOfFiles() {
  const hash = createHash('sha256');
  for (const name of (await readdir(target)).sort()) {
    const bytes = await readFile(join(target, name));
    hash.update(`${name} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}
