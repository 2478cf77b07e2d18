/**
 * Joins the modules that every command loads into one file, and what is loaded on demand into chunks: opening two
 * hundred small files takes longer than a run that has nothing to do. The modules that tsc wrote stay for the library.
 * Builds the page that a browser runs, and what exports contain. Then makes the command executable, and `npx pipeline` find it in a checkout as it does if it is installed.
 */
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildBundle } from './build-bundle.mjs';
import { buildPage } from './build-page.mjs';
import { joinEager } from './join-eager.mjs';

const require = createRequire(import.meta.url);
const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** What has files of its own beside its code, or is loaded only where there is work. */
const external = [
  'sharp',
  'onnxruntime-node',
  'h5wasm',
  'open',
  'yauzl',
  'tar-stream',
  'bullmq',
  'ioredis',
  'prom-client',
];

/**
 * TF.js stays in its packages too, but is loaded by `require`: it is CommonJS, which an `import` reads twice more, to find
 * its exports and its format. That takes 0.3 s of each run.
 */
const requiredTfjs = {
  name: 'TF.js by require',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^@tensorflow\// }, ({ kind, path }) =>
      kind === 'require-call' ? { path, external: true } : { path, namespace: 'required' },
    );
    onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
      contents: `export const { ${Object.keys(require(path)).join(', ')} } = require(${JSON.stringify(path)});`,
    }));
  },
};

await rm(at('dist/chunks'), { recursive: true, force: true });
await rm(at('dist/compiled'), { recursive: true, force: true });
const options = {
  absWorkingDir: at('.'),
  allowOverwrite: true,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external,
  plugins: [requiredTfjs],
  logLevel: 'warning',
};
// CommonJS packages that are joined in ask for Node's modules by `require`.
const requireOfBundle = {
  js: "import { createRequire as createRequireOfBundle } from 'node:module';\nconst require = createRequireOfBundle(import.meta.url);",
};
const { metafile } = await build({
  ...options,
  entryPoints: ['dist/main.js'],
  outdir: 'dist',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  metafile: true,
  banner: requireOfBundle,
});
await joinEager(metafile, options, requireOfBundle.js);
await build({
  ...options,
  entryPoints: ['dist/cli.js'],
  outfile: 'dist/cli.cjs',
  format: 'cjs',
  define: { 'import.meta.url': '__url' },
  banner: { js: "const __url = require('node:url').pathToFileURL(__filename).href;" },
});
await writeFile(
  at('dist/cli.js'),
  "import { createRequire } from 'node:module';\nexport const { main } = createRequire(import.meta.url)('./cli.cjs');\n",
);

// Processes that run models of others, and the threads that train: what the command needs too, they have a copy of.
await build({
  ...options,
  entryPoints: [
    'dist/predict/model-worker.js',
    'dist/engine/device/try-device-worker.js',
    'dist/engine/onnx/try-base-worker.js',
    'dist/stages/train/thread/training-worker.js',
  ],
  outbase: 'dist',
  outdir: 'dist',
  splitting: true,
  chunkNames: 'chunks/model-[name]-[hash]',
  banner: requireOfBundle,
});

await buildPage();
await buildBundle();

await chmod(at('dist/cli.cjs'), 0o755);
await mkdir(at('node_modules/.bin'), { recursive: true });
await rm(at('node_modules/.bin/pipeline'), { force: true });
await symlink('../../dist/cli.cjs', at('node_modules/.bin/pipeline'));
