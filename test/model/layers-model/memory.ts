/** Hands a layers-model in memory to TF.js's own loader. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { io } from '@tensorflow/tfjs-core';

export async function readFiles(folder: string, names: readonly string[]): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of names) files.set(name, await readFile(join(folder, name)));
  return files;
}

export function fromMemory(files: ReadonlyMap<string, Uint8Array>): io.IOHandler {
  return {
    async load() {
      const { modelTopology, weightsManifest } = JSON.parse(
        Buffer.from(files.get('model.json')!).toString(),
      ) as io.ModelJSON;
      const shards = weightsManifest.flatMap(({ paths }) => paths.map((path) => files.get(path)!));
      const bytes = Uint8Array.from(Buffer.concat(shards));
      return {
        modelTopology,
        weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
        weightData: bytes.buffer,
      };
    },
  };
}
