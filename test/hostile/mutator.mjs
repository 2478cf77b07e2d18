/**
 * A worker that bends good files at random and hands them to the readers of the built tool. Says each case before it
 * begins, so that the caller can see which one hung; ends with how many were taken and refused.
 * A reader may refuse with a PipelineError; a store may forget; nothing else is right.
 */
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';

const { dist, seed, first, cases, seconds, files, subject } = workerData;
const from = (path) => import(join(dist, path));
const { PipelineError } = await from('core/problem.js');
const { Random } = await from('core/random.js');
const folder = mkdtempSync(join(tmpdir(), 'mutate-'));

const interesting = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff];
const words = [
  '*a',
  '&a ',
  '!!js ',
  '{',
  '[',
  '"',
  "'",
  ': ',
  '- ',
  '\n',
  '\t',
  '__proto__',
  '../',
  '\u0000',
  '\u2028',
  'null',
  '-1',
  '1e999',
  '<<: ',
];

/** One to six changes: bits, numbers, words, and stretches that are cut, doubled, zeroed or moved. */
function bend(original, random) {
  let bytes = Buffer.from(original);
  const below = (limit) => random.below(Math.max(1, limit));
  for (let changes = 1 + below(6); changes > 0; changes--) {
    const at = below(bytes.length);
    const length = 1 + below(Math.min(64, bytes.length - at));
    switch (below(8)) {
      case 0:
        bytes[at] ^= 1 << below(8);
        break;
      case 1:
        bytes[at] = below(256);
        break;
      case 2:
        if (bytes.length >= at + 4) bytes.writeUInt32LE(interesting[below(interesting.length)], at);
        break;
      case 3:
        bytes = bytes.subarray(0, at);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        break;
      case 5:
        bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
        break;
      case 6:
        bytes.fill(0, at, at + length);
        break;
      default:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(words[below(words.length)]), bytes.subarray(at)]);
    }
    if (bytes.length === 0) break;
  }
  return bytes;
}

const refusing = async (read) => {
  try {
    await read();
    return 'taken';
  } catch (error) {
    if (error instanceof PipelineError) return 'refused';
    throw error;
  }
};

const put = (path, bytes) => {
  const full = join(folder, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, bytes);
  return full;
};

/** Readers of files that people name: each gets all its files, one of them bent. */
const readers = {
  yaml: async () => {
    const { loadPipeline } = await from('config/load.js');
    return (paths) => refusing(() => loadPipeline(paths[0], { cwd: folder }));
  },
  'layers-model': async () => {
    const { readModelFile } = await from('model/read-model.js');
    return (paths) => refusing(() => readModelFile(paths[0]));
  },
  // Read here, and not on the thread that the tool reads them on: that starts once for a file.
  h5: async () => {
    const { readH5 } = await from('model/keras/read-h5.js');
    return (paths) => refusing(() => readH5(readFileSync(paths[0]), paths[0]));
  },
  keras: async () => {
    const { readKeras } = await from('model/keras/read-keras.js');
    return (paths) => refusing(() => readKeras(readFileSync(paths[0]), paths[0]));
  },
  // All but onnxruntime itself, which runs a base for the first time in a process of its own.
  onnx: async () => {
    const { findOnnxFiles } = await from('stages/load-base/onnx-files.js');
    const { readNetwork } = await from('model/onnx/read-network.js');
    const { inspectOnnx } = await from('model/onnx/inspect.js');
    const { readOnnxBase } = await from('engine/onnx/read-base.js');
    const { digestOf } = await from('core/digest.js');
    const tried = { dims: [8], type: 'float32', alone: false };
    return ([path]) =>
      refusing(async () => {
        const { files: found } = await findOnnxFiles(path, path);
        const digests = new Map(found.map((file) => [file, digestOf(readFileSync(file))]));
        const network = await readNetwork(path, digests, path);
        await inspectOnnx(path, path);
        await readOnnxBase(network, { where: path, output: 'auto', tokens: undefined, size: [32, 32] }, tried);
      });
  },
};

/** What a store gives back is what was put in, or nothing. */
const stores = {
  record: async () => {
    const { openStore } = await from('store/store.js');
    return async (paths, stored) => {
      const store = await openStore(join(folder, 'cache'), { onDamage: () => undefined, tool: '0' });
      const record = (await store.hit(stored.key))?.record;
      if (record === undefined) return 'refused';
      if (JSON.stringify(record) !== stored.record)
        throw new Error(`another record came back: ${JSON.stringify(record)}`);
      const blob = await store.readBlob(record.outputs.out);
      if (blob === undefined) return 'refused';
      if (blob.toString() !== stored.blob) throw new Error('another blob came back');
      return 'taken';
    };
  },
  pack: async () => {
    const { openStore } = await from('store/store.js');
    return async (paths, stored) => {
      const set = await (
        await openStore(join(folder, 'cache'), { onDamage: () => undefined, tool: '0' })
      ).openFeatures(stored.set, null, stored.rowLength, 'float32');
      const out = new Float32Array(stored.keys.length * stored.rowLength);
      const missing = new Set(await set.readInto(stored.keys, out));
      await set.close();
      stored.keys.forEach((_, row) => {
        const given = out.subarray(row * stored.rowLength, (row + 1) * stored.rowLength);
        if (!missing.has(row) && given.some((value, i) => value !== stored.rows[row][i]))
          throw new Error(`row ${row} came back as ${given.join()}`);
      });
      return missing.size > 0 ? 'refused' : 'taken';
    };
  },
};

const read = await { ...readers, ...stores }[subject.kind]();
const counts = { taken: 0, refused: 0 };
const end = performance.now() + seconds * 1000;
try {
  const whole = await read(
    files.map(({ path, bytes }) => put(path, bytes)),
    subject.stored,
  );
  if (whole !== 'taken') throw new Error(`${subject.name} is ${whole} as it is`);
  for (let number = first; number < first + cases || performance.now() < end; number++) {
    const random = Random.keyed(seed, subject.name, number);
    const bent = random.below(files.length);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    const paths = files.map(({ path, bytes }, i) => put(path, i === bent ? bend(Buffer.from(bytes), random) : bytes));
    parentPort.postMessage({ number, counts });
    try {
      counts[await read(paths, subject.stored)]++;
    } catch (error) {
      throw new Error(`${subject.name}, seed ${seed}, case ${number}: ${error.stack}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
parentPort.postMessage({ counts });
