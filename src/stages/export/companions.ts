/**
 * The files of this tool that go beside a model: programs that check it, and code that prepares images. The build puts
 * them into `dist/bundle` (`scripts/build-bundle.mjs`).
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isDigest, type Digest } from '../../core/digest.js';
import { packageFile } from '../../core/package.js';
import type { FormatName } from './formats.js';

const FOLDER = 'dist/bundle';
/** The page of `serve`, whose runtime the demo uses too. */
const PAGE = 'dist/page';

/** What decides the files: whether probe images are exported, and how far scores may differ. */
export interface CompanionFacts {
  readonly formats: readonly FormatName[];
  readonly probes: number;
  readonly tolerance: number;
}

/** Names all of the files as they are in this installation. Throws in a checkout that was not built. */
export function companionsDigest(): Digest {
  const digest = readFileSync(packageFile(`${FOLDER}/digest`), 'utf8');
  if (!isDigest(digest)) throw new Error(`${FOLDER}/digest is damaged: run npm run build`);
  return digest;
}

/** A file of the build as text. */
export function companionText(name: string): Promise<string> {
  return readFile(packageFile(`${FOLDER}/${name}`), 'utf8');
}

/** The format that programs for this model use: `model.onnx` contains its preprocessing. */
export function preferred(formats: readonly FormatName[]): FormatName {
  return formats.includes('onnx') ? 'onnx' : 'tfjs';
}

/** Files of the demo by their names in the exported folder, for the format of the model that it runs. */
const demos: Readonly<Record<FormatName, Readonly<Record<string, string>>>> = {
  tfjs: {
    'demo/demo.js': `${FOLDER}/demo-tfjs.js`,
    'demo/tfjs-backend-wasm-simd.wasm': `${FOLDER}/tfjs-backend-wasm-simd.wasm`,
  },
  onnx: {
    'demo/demo.js': `${FOLDER}/demo-onnx.js`,
    'demo/onnx-worker.js': `${FOLDER}/onnx-worker.js`,
    'demo/onnxruntime-web.LICENSE.txt': `${PAGE}/onnxruntime-web.LICENSE.txt`,
    'demo/ort-wasm-simd-threaded.wasm.gz': `${PAGE}/ort-wasm-simd-threaded.wasm.gz`,
    // For WebGPU: asked for only by browsers that have it.
    'demo/onnx-webgpu-worker.js': `${FOLDER}/onnx-webgpu-worker.js`,
    'demo/ort-wasm-simd-threaded.jspi.wasm.gz': `${PAGE}/ort-wasm-simd-threaded.jspi.wasm.gz`,
  },
};
const always = { 'prepare.mjs': `${FOLDER}/prepare.mjs`, 'demo.html': `${FOLDER}/demo.html` };

/** The files by their names in the exported folder. */
export async function companions({
  formats,
  probes,
  tolerance,
}: CompanionFacts): Promise<Map<string, Uint8Array | string>> {
  const format = preferred(formats);
  const files = new Map<string, Uint8Array | string>();
  if (probes > 0) {
    const check = async (name: string): Promise<string> =>
      (await companionText(name)).replaceAll('1e-4', String(tolerance));
    files.set('check.mjs', await check(`check-${format}.mjs`));
    if (format === 'onnx') files.set('check.py', await check('check.py'));
  }
  // TF.js's runtime is smaller.
  const page = demos[formats.includes('tfjs') ? 'tfjs' : 'onnx'];
  for (const [file, path] of Object.entries({ ...always, ...page })) files.set(file, await readFile(packageFile(path)));
  return files;
}
