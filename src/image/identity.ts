/** Which decoder would make the pixels: read from package metadata, without loading it, for cache keys. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

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

/**
 * The package.json of a package, in the nearest `node_modules` that has it. Node's own resolution, which asks for all
 * that packages say about their exports, takes a millisecond for each.
 */
function manifestAbove(folder: string, name: string): string | undefined {
  const file = join(folder, 'node_modules', name, 'package.json');
  if (existsSync(file)) return realpathSync(file);
  const above = dirname(folder);
  return above === folder ? undefined : manifestAbove(above, name);
}

/** Yarn's Plug'n'Play keeps packages elsewhere. */
const hasFolders = process.versions.pnp === undefined;

function sharpPackageFile(): string {
  return (hasFolders && manifestAbove(dirname(fileURLToPath(import.meta.url)), 'sharp')) || resolvedSharp();
}

/** sharp does not export its package.json, so it is looked for above the module that it does export. */
function resolvedSharp(): string {
  const entry = createRequire(import.meta.url).resolve('sharp');
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && readMetadata(file).name === 'sharp') return file;
  }
  throw new Error(`no package.json of sharp above ${entry}`);
}

/** The version of the installed libvips package, as sharp itself would find it. */
function libvipsVersion(sharpFile: string, sharp: PackageMetadata): string {
  // Two at most, one for each C library: a search for a package that is not there takes half a millisecond.
  const ofThisPlatform = new RegExp(`^@img/sharp-libvips-${process.platform}(musl)?-${process.arch}$`);
  const names = Object.keys(sharp.optionalDependencies ?? {}).filter((name) => ofThisPlatform.test(name));
  const resolved = (name: string): string | undefined => {
    try {
      return createRequire(sharpFile).resolve(`${name}/package`);
    } catch {
      return undefined; // that of the other C library
    }
  };
  const above = (name: string): string | undefined => manifestAbove(dirname(sharpFile), name);
  for (const find of hasFolders ? [above, resolved] : [resolved])
    for (const name of names) {
      const file = find(name);
      if (file !== undefined) return readMetadata(file).version;
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
