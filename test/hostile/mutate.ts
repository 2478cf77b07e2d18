/** Runs the mutator in a worker of its own, and ends it where a case takes too long. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { digestOf, type ActionKey, type FeatureSetKey } from '../../src/core/digest.js';
import { openStore } from '../../src/store/store.js';
import { pipelineText, repository } from '../e2e/rig.js';
import { fixtureBytes } from '../model/keras/files.js';

export interface Subject {
  readonly name: string;
  readonly kind: 'yaml' | 'layers-model' | 'h5' | 'keras' | 'onnx' | 'record' | 'pack';
  /** The first one is what is read; any one of them is bent. */
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** What was put into a store. */
  readonly stored?: unknown;
}

export interface Amount {
  readonly seed: number;
  readonly cases: number;
  /** Runs for this long. */
  readonly seconds: number;
  /** The number of the first case. */
  readonly first: number;
}

export interface Tried {
  readonly taken: number;
  readonly refused: number;
  /** The HDF5 library looped forever; the tool ends its thread then. */
  readonly ended: number;
}

/** No case takes longer: the slowest reader needs some hundredths of a second. */
const LONGEST_MS = 5000;

/**
 * Rejects with the seed and number of the first case that crashed, hung or gave back what was not put in. What the HDF5
 * library hangs in is counted: the tool has it on a thread of its own, and ends that.
 */
export async function mutate(subject: Subject, { seed, cases, seconds, first }: Amount): Promise<Tried> {
  const sum = { taken: 0, refused: 0, ended: 0 };
  const end = performance.now() + seconds * 1000;
  for (let next = first; next < first + cases || performance.now() < end;) {
    const left = { cases: Math.max(0, first + cases - next), seconds: Math.max(0, (end - performance.now()) / 1000) };
    const { counts, hungIn } = await stretch(subject, { seed, first: next, ...left });
    sum.taken += counts.taken;
    sum.refused += counts.refused;
    if (hungIn === undefined) break;
    if (subject.kind !== 'h5' && subject.kind !== 'keras')
      throw new Error(`${subject.name}, seed ${seed}, case ${hungIn}: hangs`);
    sum.ended++;
    next = hungIn + 1;
  }
  return sum;
}

interface Stretch {
  readonly counts: { readonly taken: number; readonly refused: number };
  readonly hungIn?: number;
}

/** Cases from `first` on, until all are done or one hangs. */
function stretch({ files, name, kind, stored }: Subject, amount: Amount): Promise<Stretch> {
  const workerData = { ...amount, dist: join(repository, 'dist'), files, subject: { name, kind, stored } };
  // Reports of damage are not checked here.
  const worker = new Worker(join(repository, 'test/hostile/mutator.mjs'), { workerData, stdout: true, stderr: true });
  let timer: NodeJS.Timeout | undefined;
  return new Promise<Stretch>((resolve, reject) => {
    worker.on('message', ({ counts, number }: Stretch & { readonly number?: number }) => {
      clearTimeout(timer);
      if (number === undefined) return resolve({ counts });
      timer = setTimeout(() => resolve({ counts, hungIn: number }), LONGEST_MS);
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`${name}, seed ${amount.seed}: the worker ended with ${code}`)));
  }).finally(() => {
    clearTimeout(timer);
    return worker.terminate();
  });
}

/** Everything that the tool reads from disk and did not write in this run. */
export async function subjects(): Promise<Subject[]> {
  const keras = (name: string): Subject => ({
    name,
    kind: name.endsWith('.keras') ? 'keras' : 'h5',
    files: [{ path: name, bytes: fixtureBytes(name) }],
  });
  const base = async (path: string) => ({ path, bytes: await readFile(join(repository, 'examples/base', path)) });
  const onnx = async (name: string, ...paths: readonly string[]): Promise<Subject> => ({
    name,
    kind: 'onnx',
    files: await Promise.all(
      paths.map(async (path) => ({
        path,
        bytes: gunzipSync(await readFile(join(repository, 'test/fixtures/onnx', `${path}.gz`))),
      })),
    ),
  });
  return [
    { name: 'yaml', kind: 'yaml', files: [{ path: 'pets.yaml', bytes: Buffer.from(pipelineText()) }] },
    await recordSubject(),
    await packSubject(),
    ...['tiny-keras1-weights.h5', 'tiny-keras3.h5', 'tiny-keras3.keras', 'nested-guide-keras3.keras'].map(keras),
    await onnx('onnx', 'vit-hf-old-opset14.onnx'),
    await onnx('onnx-with-data', 'clip-dynamo.onnx', 'clip-dynamo.onnx.data'),
    {
      name: 'layers-model',
      kind: 'layers-model',
      files: [await base('model.json'), await base('group1-shard1of1.bin')],
    },
  ];
}

async function recordSubject(): Promise<Subject> {
  const key = digestOf('a key') as string as ActionKey;
  const blob = 'an output of a stage';
  return inStore('record', async (store) => {
    const outputs = { out: await store.putBlob(Buffer.from(blob)) };
    const record = await store.putRecord({
      key,
      preimage: { kind: 'train', config: { epochs: 3 } },
      outputs,
      durationMs: 5,
    });
    return { key, blob, record: JSON.stringify((await store.hit(record.key))?.record) };
  });
}

async function packSubject(): Promise<Subject> {
  const set = digestOf('a set') as string as FeatureSetKey;
  const rows = Array.from({ length: 40 }, (_, i) => Float32Array.from({ length: 16 }, (_, j) => i + j / 16));
  const keys = rows.map((_, i) => ({ digest: digestOf(`picture ${i}`), view: i % 3 }));
  return inStore('pack', async (store) => {
    const features = await store.openFeatures(set, null, 16, 'float32');
    for (const [i, row] of rows.entries()) await features.append(keys[i].digest, keys[i].view, row);
    await features.close();
    return { set, keys, rows: rows.map((row) => [...row]), rowLength: 16 };
  });
}

/** A subject whose files are those that a store wrote. */
async function inStore(
  kind: 'record' | 'pack',
  fill: (store: Awaited<ReturnType<typeof openStore>>) => Promise<unknown>,
): Promise<Subject> {
  const root = await mkdtemp(join(tmpdir(), 'mutate-store-'));
  try {
    const stored = await fill(await openStore(join(root, 'cache'), { onDamage: () => undefined, tool: '0' }));
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const files = paths.filter((path) => /\/v1\/(blobs|records|features)\//.test(path)).sort();
    return {
      name: kind,
      kind,
      stored,
      files: await Promise.all(
        files.map(async (path) => ({ path: path.slice(root.length + 1), bytes: await readFile(path) })),
      ),
    };
  } finally {
    await rm(root, { recursive: true });
  }
}
