/** The files of deploy/ as their programs read them. */
import { readFileSync, readdirSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';

export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };
export type Fields = { readonly [key: string]: Value };

export interface Manifest extends Fields {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** Each object of each file, with the file it is in. */
export function kubernetesManifests(): { file: string; manifest: Manifest }[] {
  return readdirSync('deploy/kubernetes').flatMap((file) =>
    parseAllDocuments(readFileSync(`deploy/kubernetes/${file}`, 'utf8')).map((document) => ({
      file,
      manifest: document.toJS() as Manifest,
    })),
  );
}

export interface Service {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly read_only?: boolean;
  readonly ports?: Value;
  readonly stop_grace_period?: string;
  readonly user?: string;
}

/** deploy/compose.yaml as Compose reads it: merged, and with variables in place. */
export function composeFile(variables: Readonly<Record<string, string>>): Fields & {
  readonly services: Readonly<Record<string, Service>>;
} {
  const text = readFileSync('deploy/compose.yaml', 'utf8');
  const { 'x-pipeline': _service, 'x-environment': _environment, ...file } = parse(text, { merge: true }) as Fields;
  return interpolated(file, variables) as ReturnType<typeof composeFile>;
}

/** `${NAME}`, `${NAME:-usual}`, `${NAME:?why}`, and `$$` for a dollar. */
function interpolated(value: Value, variables: Readonly<Record<string, string>>): Value {
  if (typeof value === 'string')
    return value.replace(
      /\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}/g,
      (all, name?: string, kind?: string, other?: string) => {
        if (name === undefined) return '$';
        const found = variables[name];
        if (found) return found;
        if (kind === '-') return other ?? '';
        throw new Error(`${all}: ${other}`);
      },
    );
  if (Array.isArray(value)) return value.map((item: Value) => interpolated(item, variables));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolated(item, variables)]));
}

/** All values of a key, at any depth. */
export function valuesOf(value: Value, key: string): Value[] {
  if (Array.isArray(value)) return value.flatMap((item: Value) => valuesOf(item, key));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, item]) => [...(name === key ? [item] : []), ...valuesOf(item, key)]);
}
