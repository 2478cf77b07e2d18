/** Which TF.js backend there is and what decides its last bits: told from package metadata, without loading TF.js. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { EngineIdentity } from '../engine.js';

/** `node` is the native library of @tensorflow/tfjs-node, `wasm` WebAssembly, `cpu` plain JavaScript. */
export type TfjsBackend = 'node' | 'wasm' | 'cpu';

/** Version of the interpreter in this folder; bumped when its numbers may change. */
const impl = 1;

const packages: Readonly<Record<TfjsBackend, string>> = {
  node: '@tensorflow/tfjs-node',
  wasm: '@tensorflow/tfjs-backend-wasm',
  cpu: '@tensorflow/tfjs-backend-cpu',
};

const { resolve } = createRequire(import.meta.url);

/** The installed version of a package, or undefined where there is none. */
function installedVersion(name: string): string | undefined {
  let file: string;
  try {
    file = resolve(`${name}/package.json`);
  } catch {
    return undefined;
  }
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}

/** tfjs-node 4.22 calls a function of `node:util` that Node 23 took away. */
function nodeTooNew(): boolean {
  return Number(process.versions.node.split('.')[0]) >= 23;
}

/** The fastest backend that there is. Plain JavaScript is chosen by nobody but tests: it takes hours where others take minutes. */
export function tfjsIdentity(): EngineIdentity {
  const native = installedVersion(packages.node) !== undefined && !nodeTooNew();
  return identityOf(native ? 'node' : 'wasm');
}

/** The identity of one backend, installed or not. */
export function identityOf(backend: TfjsBackend): EngineIdentity {
  // The gradients are the layers package's.
  const used = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', packages[backend]];
  const versions = used.map((name) => `${name} ${installedVersion(name) ?? 'missing'}`);
  return { name: 'tfjs', backend, version: versions.join(', '), impl };
}

/** Why the chosen backend is slower than it could be, to be shown as a note; undefined for the native one. */
export function slowBackendNote(backend: string): { readonly code: string; readonly text: string } | undefined {
  if (backend === 'node') return undefined;
  const installed = installedVersion(packages.node);
  const missing =
    installed === undefined
      ? 'the native TF.js backend is not installed (npm install @tensorflow/tfjs-node, on Node 22 or older)'
      : `@tensorflow/tfjs-node ${installed} does not work on Node ${process.versions.node} (it needs Node 22 or older)`;
  return { code: `tfjs-on-${backend}`, text: `${missing}: TF.js runs on WebAssembly, about ten times slower than onnxruntime` };
}
