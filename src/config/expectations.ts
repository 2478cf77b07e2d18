/** Says in words what a schema takes: `an integer from 1 to 1000, or \`online\``. */
import { resolveReference, type Schema } from './schemas.js';
import { listed } from './words.js';

/** Words for the patterns of our schemas; a test holds that none is missing. */
export const patternWords: Readonly<Record<string, string>> = {
  '^(?!(?:[Hh]ost|[Rr]ange|[Cc]onnection|[Cc]ontent-[Ll]ength|[Tt]ransfer-[Ee]ncoding)$)[A-Za-z][A-Za-z0-9-]*$':
    'a name such as `Authorization`, not one that the download itself sets',
  '^PIPELINE_(?!SIGNING_|REDIS_)[A-Z0-9_]+$':
    'the name of an environment variable that begins with PIPELINE_, such as `PIPELINE_TOKEN`, but not the signing key',
  '^\\s*[0-9.eE+-]+\\s*(/\\s*[0-9.eE+-]+\\s*)?$': 'a fraction such as `1/255`',
  '^[A-Za-z0-9][A-Za-z0-9._-]*$': 'letters, digits, `.`, `_` and `-`, starting with a letter or digit',
  '^[A-Za-z][A-Za-z0-9_-]{0,63}$': 'at most 64 letters, digits, `_` and `-`, starting with a letter',
  '^[A-Za-z][A-Za-z0-9_]{0,63}$': 'at most 64 letters, digits and `_`, starting with a letter',
  '^stages\\.[^.]+\\.[^.]': 'a field of a stage, such as `stages.train.epochs`',
  '^[0-9a-f]{64}$': 'a SHA-256 digest: 64 hexadecimal digits (0-9, a-f)',
  '^[0-9a-f]{32}$': 'an MD5 digest: 32 hexadecimal digits (0-9, a-f)',
  '^(?!/)(?!(.*/)?\\.\\.(/|$)).+$': 'the path of a folder inside the source, without `..`',
  '^ed25519:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$':
    'a public key from `pipeline cache keygen`: `ed25519:` and 44 characters of base64',
  '^https?://[^/]+/': 'a URL that starts with `https://`',
  '^(https?://[^/]+/|s3://[^/])': 'a URL that starts with `https://` or `s3://`',
  '^https?://[^/]': 'a URL that starts with `https://` or `http://`',
  '^[a-z0-9-]+$': 'lowercase letters, digits and `-`',
};

/** All that is taken in a place, in one phrase. `root` is the schema that `$ref`s start from. */
export function describe(schema: Schema, root: Schema): string {
  const target = resolveReference(schema, root);
  if (target.const !== undefined)
    return typeof target.const === 'string' ? `\`${target.const}\`` : String(target.const);
  if (target.enum !== undefined) return listed(target.enum.map(String), 'or');
  const branches = [...(target.anyOf ?? []), target.then, target.else].filter((branch) => branch !== undefined);
  if (branches.length > 0) return branches.map((branch) => describe(branch, root)).join(', or ');
  const types = typeof target.type === 'string' ? [target.type] : (target.type ?? ['string']);
  return types.map((type) => describeType(type, target, root)).join(', or ');
}

function describeType(type: string, schema: Schema, root: Schema): string {
  switch (type) {
    case 'integer':
      return `an integer${range(schema)}`;
    case 'number':
      return `a number${range(schema)}`;
    case 'boolean':
      return '`true` or `false`';
    case 'array':
      return describeList(schema, root);
    case 'object':
      return describeMapping(schema, root);
    default:
      return describeText(schema);
  }
}

function range({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Schema): string {
  if (exclusiveMinimum !== undefined) {
    if (exclusiveMaximum !== undefined) return ` above ${exclusiveMinimum} and below ${exclusiveMaximum}`;
    return ` above ${exclusiveMinimum}${maximum === undefined ? '' : ` and up to ${maximum}`}`;
  }
  const from = minimum === undefined ? '' : ` from ${minimum}`;
  if (exclusiveMaximum !== undefined) return `${from}${from && ' to'} below ${exclusiveMaximum}`;
  if (maximum !== undefined) return `${from}${from ? '' : ' up'} to ${maximum}`;
  return minimum === undefined ? '' : ` of at least ${minimum}`;
}

function describeList({ items, minItems, maxItems }: Schema, root: Schema): string {
  const count =
    minItems === maxItems ? minItems : minItems === undefined || minItems < 2 ? undefined : `at least ${minItems}`;
  const list = count === undefined ? 'a list' : `a list of ${count}`;
  return items === undefined ? list : `${list}, each item ${describe(items, root)}`;
}

function describeMapping({ properties, maxProperties, 'x-short-for': main }: Schema, root: Schema): string {
  const names = Object.keys(properties ?? {});
  if (main !== undefined) return `${describe(properties![main], root)}, or a mapping of ${listed(names, 'and')}`;
  if (names.length === 0) return properties === undefined ? 'a mapping from names to values' : 'empty braces, `{}`';
  return maxProperties === 1
    ? `a mapping with exactly one of ${listed(names, 'or')}`
    : `a mapping of ${listed(names, 'and')}`;
}

function describeText({ pattern, minLength, ...schema }: Schema): string {
  if (pattern !== undefined) return patternWords[pattern] ?? `a string that matches ${pattern}`;
  if (schema['x-path'] === true) return 'the path of a file or folder';
  return minLength === undefined ? 'a string' : 'a non-empty string';
}
