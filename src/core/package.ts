/** This package's own files: schemas, examples, its version. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder of the package. Looked for upwards, because this module is deeper in it as a source than where the build
 * has joined modules into one file.
 */
const root = folderWith('package.json', dirname(fileURLToPath(import.meta.url)));

function folderWith(name: string, folder: string): string {
  const above = dirname(folder);
  return existsSync(join(folder, name)) || above === folder ? folder : folderWith(name, above);
}

/** The absolute path of a file of the package, `schemas/project.schema.json`. */
export function packageFile(path: string): string {
  return join(root, path);
}

interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly bugs?: { readonly url: string };
}

function manifest(): Manifest {
  return JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as Manifest;
}

/** The version of this tool. */
export function packageVersion(): string {
  return manifest().version;
}

/** The oldest Node that it runs on, `20.15`. */
export function lowestNode(): string {
  return manifest().engines.node.replace(/^>=/, '');
}

/** What someone who met a fault of this tool can do. Where to report it is known once the package names a place. */
export function reportBug(): string {
  const place = manifest().bugs?.url;
  return `this is a bug in this tool: please report it${place ? ` at ${place}` : ''}, with what \`pipeline doctor\` prints`;
}
