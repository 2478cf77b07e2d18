/** What to do about a field that is not known: the name that was meant, or the place where it belongs. */
import { nearest } from '../core/text/did-you-mean.js';
import { own } from '../core/own.js';
import { isMapping } from './values.js';
import { alternatives, memberNames, memberSchema, type Schema } from './schemas.js';
import { showPath } from './words.js';

/** What other tools call our fields. */
const otherNames: Readonly<Record<string, string>> = {
  lr: 'learning_rate',
  batch: 'batch_size',
  bs: 'batch_size',
  neurons: 'units',
  model: 'architecture',
  name: 'architecture',
  path: 'source',
  folder: 'source',
};

/** The one of some fields that was meant: by its letters, or by what others call it. */
export function meantField(name: string, fields: readonly string[]): string | undefined {
  // `lr` is not a slip for `l2`.
  return Object.hasOwn(otherNames, name.toLowerCase()) ? sameField(name, fields) : nearest(name, fields);
}

function sameField(name: string, fields: readonly string[]): string | undefined {
  const key = name.toLowerCase();
  const other = Object.hasOwn(otherNames, key) ? otherNames[key] : undefined;
  return fields.find((field) => field === key) ?? fields.find((field) => field === other);
}

/** `owner` is the schema of the mapping that holds the field, and `mapping` is that mapping. */
export function unknownFieldRemedy(name: string, mapping: unknown, owner: Schema, root: Schema): string | undefined {
  const meant = meantField(name, Object.keys(owner.properties ?? {}));
  if (meant !== undefined) return `did you mean \`${meant}\`?`;
  const indent = indentBelow(name, mapping, owner, root);
  const path = indent === undefined ? pathBelow(name, owner, root) : undefined;
  return path === undefined ? indent : `it belongs deeper, for example \`${showPath(path)}\``;
}

/** For `dense:` with nothing after it and `units: 1` beside it: the field belongs below, but is not indented enough. */
function indentBelow(name: string, mapping: unknown, owner: Schema, root: Schema): string | undefined {
  const siblings = isMapping(mapping) ? mapping : {};
  const empty = Object.keys(siblings).filter((sibling) => siblings[sibling] === null);
  const parent = empty.find((sibling) => {
    const field = own(owner.properties, sibling);
    return (
      field !== undefined && alternatives(field, root).some(({ properties = {} }) => Object.hasOwn(properties, name))
    );
  });
  return parent === undefined ? undefined : `indent it so that it belongs to \`${parent}:\``;
}

/** For `learning_rate: 0.01` in a training: it is a field of the optimizer. */
export function pathBelow(name: string, owner: Schema, root: Schema): readonly string[] | undefined {
  const levels = 2;
  let level: { readonly path: readonly string[]; readonly schema: Schema }[] = [{ path: [], schema: owner }];
  for (let depth = 0; depth < levels; depth++) {
    level = level.flatMap(({ path, schema }) =>
      memberNames(schema, root).flatMap((member) => {
        const inner = memberSchema(schema, member, root);
        return inner === undefined ? [] : [{ path: [...path, member], schema: inner }];
      }),
    );
    for (const { path, schema } of level) {
      const meant = sameField(name, memberNames(schema, root));
      if (meant !== undefined) return [...path, meant];
    }
  }
  return undefined;
}
