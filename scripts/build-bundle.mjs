/**
 * Builds what `export` puts beside a model, into `dist/bundle`: programs in other languages as they are, code for Node and
 * browsers joined into one file each. `digest` names all of them, for the keys of exports.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const require = createRequire(import.meta.url);
const target = at('dist/bundle');

const options = {
  bundle: true,
  minify: true,
  target: 'es2022',
  platform: 'browser',
  legalComments: 'eof',
  logLevel: 'warning',
};

export async function buildBundle() {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  for (const name of await readdir(at('src/bundle')))
    if (!name.endsWith('.ts')) await cp(at(`src/bundle/${name}`), join(target, name));
  await build({
    ...options,
    entryPoints: [at('src/bundle/prepare.ts')],
    outfile: join(target, 'prepare.mjs'),
    format: 'esm',
    banner: { js: '// Resizes images as in training, in Node and in browsers. See README.md.' },
  });
  await buildDemo();
  await writeFile(join(target, 'digest'), await digestOfFiles());
}

/** The page of `serve`, for a static server: the same page, with paths below its own folder. */
async function buildDemo() {
  const demo = { ...options, alias: { 'node:zlib': at('src/page/no-zlib.ts') } };
  for (const format of ['tfjs', 'onnx']) {
    const outfile = join(target, `demo-${format}.js`);
    // A classic script: some servers have no type for modules that browsers accept.
    await build({ ...demo, entryPoints: [at(`src/page/demo-${format}.ts`)], outfile, format: 'iife' });
  }
  for (const worker of ['onnx-worker', 'onnx-webgpu-worker']) {
    const outfile = join(target, `${worker}.js`);
    await build({ ...demo, entryPoints: [at(`src/page/demo-${worker}.ts`)], outfile, format: 'esm' });
  }
  const [html, css] = await Promise.all(
    ['index.html', 'page.css'].map((name) => readFile(at(`src/page/${name}`), 'utf8')),
  );
  const page = html
    .replace('<link rel="stylesheet" href="/page.css">', () => `<style>\n${css}</style>`)
    .replace('<script type="module" src="/main.js">', '<script defer src="demo/demo.js">');
  if (/(?:href|src)="\//.test(page)) throw new Error('demo.html asks for a file of the server');
  await writeFile(join(target, 'demo.html'), page);
  const simd = 'tfjs-backend-wasm-simd.wasm';
  await cp(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')), simd), join(target, simd));
}

/** Files of the page that exports contain as they are: the package has them once. */
const shared = [
  'ort-wasm-simd-threaded.wasm.gz',
  'ort-wasm-simd-threaded.jspi.wasm.gz',
  'onnxruntime-web.LICENSE.txt',
].map((name) => at(`dist/page/${name}`));

async function digestOfFiles() {
  const hash = createHash('sha256');
  const files = (await readdir(target)).sort().map((name) => join(target, name));
  for (const file of [...files, ...shared]) {
    const bytes = await readFile(file);
    hash.update(`${basename(file)} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}
