/**
 * Builds the page of `serve` with the runtimes that it needs: a browser gets them from our server and from nowhere else.
 * onnxruntime-web is joined in here, because all of its package has 138 MB, of which a page needs 6.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { cp, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The package says only that it is under the MIT license; this is that of its repository. */
const license = `onnxruntime-web

MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;

export async function buildPage() {
  const runtime = runtimeFolder();
  // Of builds before.
  await rm(at('dist/page/ort-wasm-simd-threaded.jspi.wasm.br'), { force: true });
  await build({
    entryPoints: ['main', 'main-onnx', 'onnx-worker', 'onnx-webgpu-worker'].map((out) => ({
      in: at(`src/page/${out === 'main' ? 'main-tfjs' : out}.ts`),
      out,
    })),
    outdir: at('dist/page'),
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    // Of onnxruntime-web, the form that loads its WebAssembly and the threads from files of their own.
    conditions: ['onnxruntime-web-use-extern-wasm'],
    legalComments: 'eof',
    // Anything else of Node's would end the build here.
    alias: { 'node:zlib': at('src/page/no-zlib.ts') },
    logLevel: 'warning',
  });
  for (const name of ['index.html', 'page.css']) await cp(at(`src/page/${name}`), at(`dist/page/${name}`));
  // The processor alone, and WebGPU for browsers with JSPI: both together are as large as the build for all browsers, and a
  // browser needs only one. Exports contain them too. Their page unpacks them, because static servers do not, and pages
  // cannot unpack Brotli.
  for (const name of ['ort-wasm-simd-threaded', 'ort-wasm-simd-threaded.jspi']) {
    await cp(join(runtime, `${name}.mjs`), at(`dist/page/${name}.mjs`));
    await compress(join(runtime, `${name}.wasm`), at(`dist/page/${name}.wasm.gz`));
  }
  await writeFile(at('dist/page/onnxruntime-web.LICENSE.txt'), license);
}

function runtimeFolder() {
  try {
    return dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
  } catch {
    throw new Error('onnxruntime-web, which the page is built with, is not installed: run `npm install`');
  }
}

/** Stored compressed, because the package has them as they are: by gzip they take a quarter. Skips what is up to date. */
async function compress(from, to) {
  const [source, made] = [await stat(from), await stat(to).catch(() => undefined)];
  if (made !== undefined && made.mtimeMs > Math.max(source.mtimeMs, source.ctimeMs)) return;
  await mkdir(dirname(to), { recursive: true });
  await pipeline(createReadStream(from), createGzip({ level: 9 }), createWriteStream(`${to}.part`));
  await rename(`${to}.part`, to);
}
