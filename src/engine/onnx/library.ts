/** Where onnxruntime comes from, by the metadata of packages alone: nothing native is loaded. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface OnnxruntimePackage {
  readonly name: string;
  readonly version: string;
}

interface Manifest {
  readonly version: string;
  readonly binary: { readonly napi_versions: readonly number[] };
}

/**
 * The packages that may carry it; the first one with a binary for this machine is used. `onnxruntime-node` is there if
 * someone installed it, for CUDA or another version. The other comes with this tool: the same binary for one platform,
 * without an install script (scripts/release.mjs).
 */
const names = ['onnxruntime-node', `transfer-pipeline-onnxruntime-${process.platform}-${process.arch}`];

/** By platform: looked up once in a process, which loads it once too. */
const found = new Map<string, OnnxruntimePackage | undefined>();

/** The package that is used; undefined if none is installed for this machine. */
export function onnxruntimePackage(): OnnxruntimePackage | undefined {
  const { platform } = process;
  if (!found.has(platform)) found.set(platform, findPackage());
  return found.get(platform);
}

function findPackage(): OnnxruntimePackage | undefined {
  for (const name of names) {
    const manifestFile = manifestOf(name);
    if (manifestFile === undefined) continue;
    const { version, binary }: Manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
    const api = `napi-v${binary.napi_versions[0]}`;
    const folder = join(dirname(manifestFile), 'bin', api, process.platform, process.arch);
    if (existsSync(join(folder, 'onnxruntime_binding.node'))) return { name, version };
  }
  return undefined;
}

function manifestOf(library: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(`${library}/package.json`);
  } catch {
    return undefined;
  }
}
