/** Which onnxruntime would compute, from its package alone: nothing native is loaded. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { EngineIdentity } from '../engine.js';

/** Version of this folder's compiler: raised whenever the numbers that it leads to may change. */
const IMPL = 2;

interface Manifest {
  readonly version: string;
  readonly binary: { readonly napi_versions: readonly number[] };
}

/** The identity of the engine, or undefined if onnxruntime-node or its binary for this machine is not installed. */
export function onnxIdentity(): EngineIdentity | undefined {
  const manifestFile = manifestOf('onnxruntime-node');
  if (manifestFile === undefined) return undefined;
  const { version, binary }: Manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
  const folder = join(dirname(manifestFile), 'bin', `napi-v${binary.napi_versions[0]}`, process.platform, process.arch);
  if (!existsSync(join(folder, 'onnxruntime_binding.node'))) return undefined;
  return { name: 'onnx', backend: 'cpu', version, impl: IMPL };
}

function manifestOf(library: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(`${library}/package.json`);
  } catch {
    return undefined;
  }
}
