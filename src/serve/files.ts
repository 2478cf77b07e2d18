/** The files that are served: the page with the runtime of one model, and the model. Request paths are looked up, never opened. */
import { createHash } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { toDigest, type Digest } from '../core/digest.js';
import { packageFile } from '../core/package.js';
import { changedMeanwhile, openRegular } from '../core/regular-file.js';
import type { Example } from './examples.js';
import type { ServedModel } from './served-model.js';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
  '.png': 'image/png',
  '.json': 'application/json; charset=utf-8',
};

/** Files of the build by their request paths, for models of each format: no page loads the runtime of the other. */
const pages: Readonly<Record<ServedModel['facts']['format'], Readonly<Record<string, string>>>> = {
  'layers-model': { '/main.js': 'main.js' },
  onnx: {
    '/main.js': 'main-onnx.js',
    '/onnx-worker.js': 'onnx-worker.js',
    '/ort-wasm-simd-threaded.mjs': 'ort-wasm-simd-threaded.mjs',
    '/ort-wasm-simd-threaded.wasm': 'ort-wasm-simd-threaded.wasm.gz',
    // For WebGPU: asked for only by browsers that have it.
    '/onnx-webgpu-worker.js': 'onnx-webgpu-worker.js',
    '/ort-wasm-simd-threaded.jspi.mjs': 'ort-wasm-simd-threaded.jspi.mjs',
    '/ort-wasm-simd-threaded.jspi.wasm': 'ort-wasm-simd-threaded.jspi.wasm.gz',
  },
};
const common = { '/': 'index.html', '/page.css': 'page.css' };
/** TF.js uses the first if the browser supports SIMD. */
const binaries = ['tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm.wasm'];

/** How the build stores large files. */
const PACKED = '.gz';

/** Bytes read at once: a whole shard as TF.js or this tool writes it. */
const CHUNK = 4 * 2 ** 20;

export interface ServedFile {
  readonly path: string;
  /** Digest when the model was opened, so that the browser never gets a different model than the endpoint uses. */
  readonly digest?: Digest;
}

/** Files on disk by their decoded request path. */
export function servedFiles(
  { folder, files, facts: { format } }: ServedModel,
  examples: readonly Example[],
): ReadonlyMap<string, ServedFile> {
  const page = Object.entries({ ...common, ...pages[format] });
  return new Map<string, ServedFile>([
    ...page.map(([path, name]) => [path, { path: packageFile(`dist/page/${name}`) }] as const),
    ...(format === 'layers-model' ? tfjsBinaries() : []),
    ...[...files].map(([name, digest]) => [`/model/${name}`, { path: join(folder, name), digest }] as const),
    ...examples.map(({ picture, path, digest }) => [`/${picture}`, { path, digest }] as const),
  ]);
}

function tfjsBinaries(): (readonly [string, ServedFile])[] {
  const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  return binaries.map((name) => [`/${name}`, { path: join(wasm, name) }]);
}

/**
 * A file as a response, or only its headers for HEAD; undefined if it is gone. Throws `bad-data` for a file that has
 * changed; if it is larger than a chunk, the response ends early instead.
 */
export async function sendFile(
  { path, digest }: ServedFile,
  { method, headers: asked }: Pick<Request, 'method' | 'headers'>,
): Promise<Response | undefined> {
  const file = await openRegular(path).catch(() => undefined);
  if (file === undefined) return undefined;
  // Files of a model are sent as they are, whatever their names.
  const isPacked = digest === undefined && extname(path) === PACKED;
  const isAsStored = !isPacked || /\bgzip\b/i.test(asked.get('accept-encoding') ?? '');
  const headers = {
    'Content-Type': types[extname(isPacked ? basename(path, PACKED) : path)] ?? 'application/octet-stream',
    'Cache-Control': 'no-cache',
    ...(isPacked ? { Vary: 'Accept-Encoding', ...(isAsStored ? { 'Content-Encoding': 'gzip' } : {}) } : {}),
    ...(isAsStored ? { 'Content-Length': String(fstatSync(file.fd).size) } : {}),
  };
  if (method === 'HEAD') {
    await file.close();
    return new Response(null, { headers });
  }
  const chunks = verified(file.createReadStream({ highWaterMark: CHUNK }), path, digest);
  const first = await chunks.next();
  async function* all(): AsyncGenerator<Uint8Array> {
    if (first.done !== true) yield first.value;
    yield* chunks;
  }
  const stream = Readable.from(all());
  const body = isAsStored ? stream : pipeline(stream, createGunzip(), () => undefined);
  return new Response(Readable.toWeb(body) as ReadableStream, { headers });
}

/** Passes chunks on, the last one only if all bytes hash to the digest. */
async function* verified(
  stream: AsyncIterable<Buffer>,
  path: string,
  digest: Digest | undefined,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let held: Buffer | undefined;
  for await (const chunk of stream) {
    hash.update(chunk);
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (digest !== undefined && toDigest(hash.digest()) !== digest) throw changedMeanwhile(path);
  if (held !== undefined) yield held;
}
