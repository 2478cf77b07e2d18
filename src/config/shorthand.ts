/**
 * Writes out names that stand for an object with that one member: `flatten` for `{flatten: {}}`, `adam` for
 * `{adam: {}}`. Done before validation, so that the object's own defaults are filled in. The schemas say where: `if` it
 * is a text, `then` one of some names, `else` an object with those members.
 */
import { isMapping, newMapping } from './plain.js';
import type { Mapping, Plain } from './plain.js';
import { resolveReference } from './schemas.js';
import type { Schema } from './schemas.js';

/** The names that stand for an object here, where this is such a place. */
function shortNames(schema: Schema): readonly Plain[] {
  return schema.if?.type === 'string' ? (schema.then?.enum ?? []) : [];
}

/** A copy of a value with its short names written out. */
export function writeOut(value: Plain, schema: Schema, root: Schema): Plain {
  const target = resolveReference(schema, root);
  if (typeof value === 'string') return shortNames(target).includes(value) ? asObject(value) : value;
  const { items, properties = {} } = target.else ?? target;
  if (Array.isArray(value)) return items === undefined ? value : value.map((item) => writeOut(item, items, root));
  if (!isMapping(value)) return value;
  const copy = newMapping();
  for (const [key, member] of Object.entries(value)) {
    copy[key] = Object.hasOwn(properties, key) ? writeOut(member, properties[key], root) : member;
  }
  return copy;
}

/** Fills in the defaults of a stage that are short names, written out; all others are the validator's. */
export function fillShortDefaults(config: Mapping, schema: Schema): void {
  for (const [key, { default: fallback, ...field }] of Object.entries(schema.properties ?? {})) {
    if (config[key] !== undefined || typeof fallback !== 'string') continue;
    if (shortNames(field).includes(fallback)) config[key] = asObject(fallback);
  }
}

function asObject(name: string): Mapping {
  const object = newMapping();
  object[name] = newMapping();
  return object;
}
