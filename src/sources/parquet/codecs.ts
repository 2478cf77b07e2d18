/** Decompresses pages into exactly as many bytes as their checked headers say. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { decompress as unzstd } from 'fzstd';
import type { CompressionCodec } from 'hyparquet';
import { snappyUncompress } from 'hyparquet/src/snappy.js';
import { unsupportedParquet } from './failures.js';
import { decompressLz4Block } from './lz4.js';

type Decompress = (input: Uint8Array, size: number) => Uint8Array;

const codecs: Readonly<Partial<Record<CompressionCodec, Decompress>>> = {
  UNCOMPRESSED: (input) => input,
  SNAPPY: (input, size) => {
    const output = new Uint8Array(size);
    snappyUncompress(input, output);
    return output;
  },
  GZIP: (input, size) => gunzipSync(input, { maxOutputLength: Math.max(1, size) }),
  BROTLI: (input, size) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, size) }),
  LZ4_RAW: (input, size) => decompressLz4Block(input, new Uint8Array(size)),
  ZSTD: (input, size) => unzstd(input, new Uint8Array(size)),
};

/** `size` is what the page header claims; it is within the limits. Throws for a page of another size. */
export function decompressPage(codec: CompressionCodec, input: Uint8Array, size: number, where: string): Uint8Array {
  const decompress = codecs[codec];
  if (decompress === undefined)
    throw unsupportedParquet(
      where,
      `is compressed with ${codec}`,
      'Snappy, Zstandard, gzip, Brotli, LZ4_RAW or no compression',
      "write it again with `compression='snappy'`",
    );
  // A page of nothing but nulls may have no bytes at all, which no codec reads.
  const output = size === 0 ? new Uint8Array(0) : decompress(input, size);
  if (output.length !== size) throw new Error(`a page has ${output.length} bytes instead of ${size}`);
  return output;
}
