/** Plain values, as a pipeline file holds them before anything is known of their meaning. */
import { isRecord } from '../core/is-record.js';

/** What YAML's core schema can say. Mappings have no prototype: no key finds anything that the file does not hold. */
export type Plain = null | boolean | number | string | Plain[] | Mapping;
export interface Mapping {
  [key: string]: Plain;
}

export function isMapping(value: unknown): value is Mapping {
  return isRecord(value);
}

/** An empty mapping without a prototype. */
export function newMapping(): Mapping {
  const mapping: Mapping = Object.create(null);
  return mapping;
}

/** A deep copy. */
export function copyMapping(mapping: Mapping): Mapping {
  const copy = newMapping();
  for (const [key, member] of Object.entries(mapping)) copy[key] = copyPlain(member);
  return copy;
}

function copyPlain(value: Plain): Plain {
  if (Array.isArray(value)) return value.map(copyPlain);
  return isMapping(value) ? copyMapping(value) : value;
}

/** Keys that reach an object's prototype in JavaScript: refused wherever a file or a `--set` holds them. */
export const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Names a field of the file: `stages`, `train`, `epochs`. */
export type FieldPath = readonly (string | number)[];
