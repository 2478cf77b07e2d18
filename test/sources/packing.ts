/** Archives made by hand, so that tests can say in their headers what is not so. */
import { Buffer } from 'node:buffer';
import { crc32, deflateRawSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';

export interface ZipEntry {
  readonly name: string;
  readonly content?: Uint8Array | string;
  readonly deflate?: boolean;
  /** General purpose bits: 1 is encrypted, 0x800 a name in UTF-8 (the default). */
  readonly flags?: number;
  readonly method?: number;
  /** Mode of a file made on Unix. */
  readonly mode?: number;
  /** In place of what is so. */
  readonly size?: number;
  readonly sum?: number;
  /** Takes the local header of the entry with this number as its own. */
  readonly sameAs?: number;
}

/** A zip file after APPNOTE 6.3: local headers with their data, the directory, the end. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  const offsets: number[] = [];
  let at = 0;
  for (const { name, content = '', deflate = false, flags = 0x800, method, mode, size, sum, sameAs } of entries) {
    const plain = Buffer.from(content);
    const data = deflate ? deflateRawSync(plain) : plain;
    const file = Buffer.from(name);
    const offset = sameAs === undefined ? at : offsets[sameAs];
    offsets.push(offset);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method ?? (deflate ? 8 : 0), 4);
    common.writeUInt32LE(sum ?? crc32(plain), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(size ?? plain.length, 18);
    common.writeUInt16LE(file.length, 22);
    const central = Buffer.alloc(14);
    central.writeUInt32LE(((mode ?? 0) << 16) >>> 0, 6);
    central.writeUInt32LE(offset, 10);
    directory.push(Buffer.from([0x50, 0x4b, 1, 2, 20, mode === undefined ? 0 : 3]), common, central, file);
    if (sameAs !== undefined) continue;
    parts.push(Buffer.from([0x50, 0x4b, 3, 4]), common, file, data);
    at += 30 + file.length + data.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, listed, end]);
}

export type TarEntry = Partial<Header> & { readonly name: string; readonly content?: Uint8Array | string };

export async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of entries) tar.entry(header, content === undefined ? '' : Buffer.from(content));
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}
