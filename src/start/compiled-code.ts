/**
 * V8's compiled code of a script, kept in `compiled/` beside it. Loading it takes a tenth of the time that compiling
 * takes. It only saves time: if it is missing, damaged or of another script, V8 compiles.
 *
 *     SHA-256 of all that follows (32)
 *     header length u32 little endian, header: JSON, see {@link Header}
 *     code
 *
 * A script is known by its first line, which the build has made of its contents, and by its size and time: V8 itself
 * compares no more than the number of characters.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';

interface Header {
  readonly script: string;
  /** The commands whose functions are in the code. */
  readonly commands: readonly string[];
}

export interface CompiledCode extends Header {
  readonly code: Buffer;
}

const DIGEST_BYTES = 32;
const LENGTH_BYTES = 4;
/** Each version of V8, with each set of its flags, has a file of two megabytes. */
const MOST_FILES = 4;

export function scriptName(source: string, { size, mtimeMs }: Stats): string {
  return `${source.slice(0, source.indexOf('\n'))} ${size} ${mtimeMs}`;
}

export function readCompiled(path: string, script: string): CompiledCode | undefined {
  try {
    const file = readFileSync(fileFor(path));
    const body = file.subarray(DIGEST_BYTES);
    if (!digestOf(body).equals(file.subarray(0, DIGEST_BYTES))) return undefined;
    const start = LENGTH_BYTES + body.readUInt32LE(0);
    const header = JSON.parse(body.toString('utf8', LENGTH_BYTES, start)) as Header;
    return header.script === script ? { ...header, code: body.subarray(start) } : undefined;
  } catch {
    return undefined;
  }
}

/** Writes nothing where the package cannot be written, or has such files already for other versions of V8. */
export function writeCompiled(path: string, { script, commands, code }: CompiledCode): void {
  const file = fileFor(path);
  const folder = dirname(file);
  const temporary = `${file}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true });
    const names = readdirSync(folder).filter((name) => join(folder, name) !== file);
    if (names.length >= MOST_FILES) return;
    const header = Buffer.from(JSON.stringify({ script, commands } satisfies Header));
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(header.length);
    const body = Buffer.concat([length, header, code]);
    writeFileSync(temporary, Buffer.concat([digestOf(body), body]), { mode: 0o644 });
    renameSync(temporary, file);
  } catch {
    rmSync(temporary, { force: true });
  }
}

function fileFor(path: string): string {
  return join(
    dirname(path),
    'compiled',
    `${process.versions.v8}-${process.arch}-${cachedDataVersionTag().toString(16)}`,
  );
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
