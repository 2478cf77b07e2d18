/** A stage's context without a store: outputs stay in memory, notes are collected. */
import { canonical } from '../../src/core/canonical.js';
import { digestOf, type Digest, type BlobRef } from '../../src/core/digest.js';
import type { StageConfigs, StageKind } from '../../src/core/schema-types.js';
import type { SourceHost } from '../../src/core/source.js';
import type { FolderListing } from '../../src/core/folder-listing.js';
import type { Inputs, StageContext } from '../../src/core/stage.js';

export class Bench {
  readonly blobs = new Map<string, Uint8Array>();
  readonly outputs: Record<string, BlobRef> = {};
  readonly notes: [code: string, text: string][] = [];

  put(content: Uint8Array): BlobRef {
    const digest = digestOf(content);
    this.blobs.set(digest, content);
    return { digest, size: content.length };
  }

  putJson(value: unknown): BlobRef {
    return this.put(Buffer.from(canonical(value)));
  }

  json<Value>(name: string): Value {
    return JSON.parse(Buffer.from(this.blobs.get(this.outputs[name].digest)!).toString('utf8')) as Value;
  }

  context<Kind extends StageKind>(
    config: StageConfigs[Kind],
    inputs: Inputs = {},
    found: unknown = undefined,
  ): StageContext<Kind> {
    const readBytes = (ref: BlobRef) => Promise.resolve(Buffer.from(this.blobs.get(ref.digest)!));
    return {
      name: 'tested',
      config,
      settings: { engine: 'tfjs', featureType: 'float32' },
      inputs,
      found,
      readBytes,
      readJson: async <Value>(ref: BlobRef) => JSON.parse((await readBytes(ref)).toString('utf8')) as Value,
      resolvePath: (path) => path,
      openImages: (root) => Promise.resolve({ kind: 'folder', path: root }),
      note: (code, text) => void this.notes.push([code, text]),
      noteOnce: (code, text) => void this.notes.push([code, text]),
      signal: new AbortController().signal,
      putBytes: (name, content) => Promise.resolve((this.outputs[name] = this.put(content))),
      putJson: (name, value) => Promise.resolve((this.outputs[name] = this.putJson(value))),
      sources: noSources,
      digestFolder: () => Promise.reject(new Error('no folders here')),
      pass: (name, ref) => void (this.outputs[name] = ref),
      openFeatures: () => Promise.reject(new Error('no features here')),
      learn: (_preimage, _isValue, find) => find(),
      checkpoint: { read: () => Promise.resolve(undefined), due: () => false, write: () => Promise.resolve() },
      lethal: new Set(),
      counts: { extracted: 0, reused: 0 },
      emit: () => undefined,
      measured: () => undefined,
    };
  }
}

const nowhere = () => Promise.reject(new Error('no sources here'));

const noSources: SourceHost = {
  offline: true,
  mirror: undefined,
  allowHttpLoopback: false,
  lock: { file: 'none.lock.yaml', written: true, get: () => undefined, set: nowhere },
  store: {
    verified: nowhere,
    putBlob: nowhere,
    adopt: nowhere,
    claimPartial: nowhere,
    releasePartial: nowhere,
    recall: nowhere,
    remember: nowhere,
    unpacked: nowhere,
    unpack: nowhere,
    filesOf: () => undefined,
  },
  once: (_name, work) => work(),
};

/** A listing of made-up files: path to content, and the probe's answer. */
export function listing(
  files: Readonly<Record<string, string>>,
  probes: Readonly<Record<string, string>> = {},
): FolderListing {
  const paths = Object.keys(files).sort();
  return {
    root: '/pictures',
    paths,
    count: paths.length,
    pathText: paths.join('\0'),
    digestAt: (index) => digestOf(files[paths[index]]),
    probeAt: (index) => probes[paths[index]] ?? '',
    treeDigest: digestOf(JSON.stringify(files)) as Digest,
    passedOver: [],
  };
}
