/** Which TF.js backend there is and what decides its last bits: read from package metadata, without loading TF.js. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { EngineIdentity } from '../engine.js';

/** `node` is the native library of @tensorflow/tfjs-node, `wasm` WebAssembly, `cpu` plain JavaScript. */
export type TfjsBackend = 'node' | 'wasm' | 'cpu';

/** Version of the interpreter in this folder; bumped when its numbers may change. */
const impl = 2;

const packages: Readonly<Record<TfjsBackend, string>> = {
  node: '@tensorflow/tfjs-node',
  wasm: '@tensorflow/tfjs-backend-wasm',
  cpu: '@tensorflow/tfjs-backend-cpu',
};

const { resolve } = createRequire(import.meta.url);

/** The folder of an installed package, or undefined if there is none. */
function folderOf(name: string): string | undefined {
  try {
    return dirname(resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** The installed version of a package, or undefined if there is none. */
function installedVersion(name: string): string | undefined {
  const folder = folderOf(name);
  if (folder === undefined) return undefined;
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return version;
}

/** Whether the native backend can be used, and why not. */
export type NativeState = 'ready' | 'not-installed' | 'not-built' | 'node-too-new';

/** What a folder of tfjs-node (undefined: there is none) is good for under a version of Node. */
export function nativeState(folder = folderOf(packages.node), node: string = process.versions.node): NativeState {
  if (folder === undefined) return 'not-installed';
  // tfjs-node 4.22 calls functions of `node:util` that Node 23 took away.
  if (Number(node.split('.')[0]) >= 23) return 'node-too-new';
  const lib = join(folder, 'lib');
  return namesIn(lib).some((name) => existsSync(join(lib, name, 'tfjs_binding.node'))) ? 'ready' : 'not-built';
}

/** The release of libtensorflow beside tfjs-node, by the name of its file; undefined if no name shows it. */
function libraryVersion(folder: string): string | undefined {
  const names = namesIn(join(folder, 'deps', 'lib'));
  const versions = names.map((name) => /^libtensorflow\.(?:so\.)?(\d+\.\d+\.\d+)/.exec(name)?.[1]);
  return versions.find((version) => version !== undefined);
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/**
 * The fastest backend that there is. Plain JavaScript is chosen only by tests: it takes hours where others take
 * minutes.
 */
export function tfjsIdentity(): EngineIdentity {
  return identityOf(nativeState() === 'ready' ? 'node' : 'wasm');
}

/** The identity of one backend, installed or not. */
export function identityOf(backend: TfjsBackend): EngineIdentity {
  // The gradients are the layers package's.
  const used = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', packages[backend]];
  const versions = used.map((name) => `${name} ${installedVersion(name) ?? 'missing'}`);
  // The package's version does not show it: it can be built against any release.
  const folder = backend === 'node' ? folderOf(packages.node) : undefined;
  if (folder !== undefined) versions.push(`libtensorflow ${libraryVersion(folder) ?? 'unknown'}`);
  return { name: 'tfjs', backend, version: versions.join(', '), impl };
}

/** Why the chosen backend is slower than it could be, to be shown as a note; undefined for the native one. */
export function slowBackendNote(
  backend: string,
  state = nativeState(),
): { readonly code: string; readonly text: string } | undefined {
  if (backend === 'node') return undefined;
  return {
    code: `tfjs-on-${backend}`,
    text: `${whyNotNative(state)}: TF.js runs on WebAssembly, about ten times slower than onnxruntime`,
  };
}

function whyNotNative(state: NativeState): string {
  const version = installedVersion(packages.node) ?? '';
  switch (state) {
    case 'ready':
      return 'the native TF.js backend is installed, but was not chosen';
    case 'not-installed':
      return 'the native TF.js backend is not installed (npm install @tensorflow/tfjs-node, on Node 22 or older)';
    case 'not-built':
      return `@tensorflow/tfjs-node ${version} is installed without its native part (npm rebuild @tensorflow/tfjs-node fetches it)`;
    case 'node-too-new':
      return `@tensorflow/tfjs-node ${version} does not work on Node ${process.versions.node} (it needs Node 22 or older)`;
  }
}
