/** Which decoder would make the pixels: read from package metadata, without loading it, for cache keys. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Version of what `decode.ts` does with the library; bumped when the same bytes may give other pixels. */
const DECODER_VERSION = 4;

export interface DecoderIdentity {
  readonly name: 'sharp';
  readonly version: string;
  /** Version of the prebuilt libvips package, or `bundled` if sharp's own binary package holds it (Windows, wasm). */
  readonly libvips: string;
  readonly impl: number;
}

interface PackageMetadata {
  readonly name: string;
  readonly version: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function readMetadata(file: string): PackageMetadata {
  return JSON.parse(readFileSync(file, 'utf8')) as PackageMetadata;
}

/** sharp does not export its package.json, so it is looked for above the module that it does export. */
function sharpPackageFile(): string {
  const entry = createRequire(import.meta.url).resolve('sharp');
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && readMetadata(file).name === 'sharp') return file;
  }
  throw new Error(`no package.json of sharp above ${entry}`);
}

/** The version of the installed libvips package, as sharp itself would find it. */
function libvipsVersion(sharpFile: string, sharp: PackageMetadata): string {
  const require = createRequire(sharpFile);
  // Two at most, one for each C library: a search for a package that is not there takes half a millisecond.
  const ofThisPlatform = new RegExp(`^@img/sharp-libvips-${process.platform}(musl)?-${process.arch}$`);
  for (const name of Object.keys(sharp.optionalDependencies ?? {})) {
    if (!ofThisPlatform.test(name)) continue;
    try {
      return readMetadata(require.resolve(`${name}/package`)).version;
    } catch {
      continue; // that of the other C library
    }
  }
  return 'bundled';
}

let known: DecoderIdentity | undefined;

/** Reads the identity, once in a process; throws if sharp is not installed. */
export function decoderIdentity(): DecoderIdentity {
  if (known !== undefined) return known;
  const file = sharpPackageFile();
  const sharp = readMetadata(file);
  known = { name: 'sharp', version: sharp.version, libvips: libvipsVersion(file, sharp), impl: DECODER_VERSION };
  return known;
}
