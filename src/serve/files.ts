/** The files that are served: the page, TF.js's binaries, and one model. Request paths are looked up, never opened. */
import { createHash } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { Readable } from 'node:stream';
import { toDigest, type Digest } from '../core/digest.js';
import { packageFile } from '../core/package.js';
import { changedMeanwhile, openRegular } from '../core/regular-file.js';
import type { Bundle } from '../model/bundle.js';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
  '.json': 'application/json; charset=utf-8',
};

const page = { '/': 'index.html', '/page.css': 'page.css', '/main.js': 'main.js' };
/** The backend uses the first if the browser supports SIMD. */
const binaries = ['tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm.wasm'];

/** Bytes read at once: a whole shard as TF.js or this tool writes it. */
const CHUNK = 4 * 2 ** 20;

export interface ServedFile {
  readonly path: string;
  /** Digest when the model was opened, so that the browser never gets a different model than the endpoint uses. */
  readonly digest?: Digest;
}

/** Files on disk by their decoded request path. */
export function servedFiles({ folder, files }: Pick<Bundle, 'folder' | 'files'>): ReadonlyMap<string, ServedFile> {
  const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  return new Map<string, ServedFile>([
    ...Object.entries(page).map(([path, name]) => [path, { path: packageFile(`dist/page/${name}`) }] as const),
    ...binaries.map((name) => [`/${name}`, { path: join(wasm, name) }] as const),
    ...[...files].map(([name, digest]) => [`/model/${name}`, { path: join(folder, name), digest }] as const),
  ]);
}

/**
 * A file as a response, or only its headers for HEAD; undefined if it is gone. Throws `bad-data` for a file that has
 * changed; if it is larger than a chunk, the response ends early instead.
 */
export async function sendFile({ path, digest }: ServedFile, method: string): Promise<Response | undefined> {
  const file = await openRegular(path).catch(() => undefined);
  if (file === undefined) return undefined;
  const headers = {
    'Content-Type': types[extname(path)] ?? 'application/octet-stream',
    'Content-Length': String(fstatSync(file.fd).size),
    'Cache-Control': 'no-cache',
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
  return new Response(Readable.toWeb(Readable.from(all())) as ReadableStream, { headers });
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
