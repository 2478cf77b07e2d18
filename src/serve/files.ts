/** All that can be fetched: the page, TF.js's binaries, and the files of one model. No path of a request reaches the disk. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { Readable } from 'node:stream';
import { packageFile } from '../core/package.js';
import type { Bundle } from '../model/bundle.js';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
  '.json': 'application/json; charset=utf-8',
};

const page = { '/': 'index.html', '/page.css': 'page.css', '/main.js': 'main.js' };
/** The backend takes the first where the browser has SIMD instructions. */
const binaries = ['tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm.wasm'];

/** Files on disk by the path that they are fetched by, as it reads when nothing is escaped any more. */
export function servedFiles({ folder, files }: Bundle): ReadonlyMap<string, string> {
  const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  return new Map([
    ...Object.entries(page).map(([path, name]) => [path, packageFile(`dist/page/${name}`)] as const),
    ...binaries.map((name) => [`/${name}`, join(wasm, name)] as const),
    ...files.map((name) => [`/model/${name}`, join(folder, name)] as const),
  ]);
}

/** A file as an answer, or for HEAD what would go before it; undefined where it is gone. */
export async function sendFile(path: string, method: string): Promise<Response | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) return undefined;
  const headers = { 'Content-Type': types[extname(path)] ?? 'application/octet-stream', 'Content-Length': String(found.size), 'Cache-Control': 'no-cache' };
  // Nobody would read a stream for HEAD, nor close its file.
  if (method === 'HEAD') return new Response(null, { headers });
  return new Response(Readable.toWeb(createReadStream(path)) as ReadableStream, { headers });
}
