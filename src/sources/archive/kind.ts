/** Recognizes archives by their first bytes. */
import type { FileHandle } from 'node:fs/promises';
import { openRegular } from '../../core/regular-file.js';

export type ArchiveKind = 'zip' | 'tar' | 'tar.gz' | 'parquet';

const BLOCK = 512;
/** Where a tar header has the sum of its bytes, as octal digits. */
const SUM_AT = 148;
const SUM_END = 156;

/** The kind of an archive; undefined for any other file. */
export async function archiveKindOf(path: string): Promise<ArchiveKind | undefined> {
  const file = await openRegular(path);
  try {
    return await kindOf(file);
  } finally {
    await file.close();
  }
}

/** The same of an open file. */
export async function kindOf(file: FileHandle): Promise<ArchiveKind | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(BLOCK), 0, BLOCK, 0);
  return kindOfBytes(buffer.subarray(0, bytesRead));
}

function kindOfBytes(bytes: Buffer): ArchiveKind | undefined {
  const start = bytes.toString('latin1', 0, 4);
  if (start === 'PK\x03\x04' || start === 'PK\x05\x06') return 'zip';
  if (start.startsWith('\x1f\x8b')) return 'tar.gz';
  if (start === 'PAR1') return 'parquet';
  return bytes.length === BLOCK && hasTarSum(bytes) ? 'tar' : undefined;
}

/** The sum of a header's bytes, with blanks where the sum itself stands: the one mark that all forms of tar share. */
function hasTarSum(header: Buffer): boolean {
  const written = parseInt(header.toString('latin1', SUM_AT, SUM_END).replace(/\0.*$/s, '').trim(), 8);
  let sum = (SUM_END - SUM_AT) * 0x20;
  for (let i = 0; i < BLOCK; i++) if (i < SUM_AT || i >= SUM_END) sum += header[i];
  return written === sum;
}
