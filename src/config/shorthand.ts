/**
 * Writes out names that stand for an object with that one member: `flatten` for `{flatten: {}}`, `adam` for
 * `{adam: {}}`; and single values that stand for an object's main member: `dropout: 0.5` for `dropout: {rate: 0.5}`.
 * Done before validation, so that the object's own defaults are filled in. The schemas say where: `if` it is a text,
 * `then` one of some names, `else` an object with those members; or `x-short-for` names the main member.
 */
import { isMapping, type Mapping, newMapping, type Plain } from './values.js';
import { resolveReference, type Schema } from './schemas.js';

/** The names that stand for an object here, where this is such a place. */
function shortNames(schema: Schema): readonly Plain[] {
  const names = schema.if?.type === 'string' ? (schema.then?.enum ?? []) : [];
  const members = schema.else?.properties ?? {};
  return names.every((name) => Object.hasOwn(members, String(name))) ? names : [];
}

/** Also one of a type that the main member does not take: it is reported there, by that member's own type. */
function isSingle(value: Plain): boolean {
  return value !== null && !Array.isArray(value) && !isMapping(value);
}

/** A copy of a value with its short names written out. */
export function writeOut(value: Plain, schema: Schema, root: Schema): Plain {
  const target = resolveReference(schema, root);
  const main = target['x-short-for'];
  if (main !== undefined && isSingle(value)) return asObject(main, value);
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

/** What Keras's scripts call the published weights, which are taken where none are named. */
export const publishedWord = 'imagenet';

/**
 * Takes `weights: imagenet` of a load-base away, in place, so that nothing differs from leaving it out. A
 * `layers_model` keeps it, to be refused: nothing is published for it.
 */
export function leaveOutPublished(stage: Plain): void {
  if (
    isMapping(stage) &&
    stage.weights === publishedWord &&
    stage.architecture !== 'layers_model' &&
    stage.architecture !== 'onnx'
  )
    delete stage.weights;
}

/** Fills in the defaults of a stage that are short names, written out; all others are the validator's. */
export function fillShortDefaults(config: Mapping, schema: Schema): void {
  for (const [key, { default: fallback, ...field }] of Object.entries(schema.properties ?? {})) {
    if (config[key] !== undefined || typeof fallback !== 'string') continue;
    if (shortNames(field).includes(fallback)) config[key] = asObject(fallback);
  }
}

function asObject(name: string, value: Plain = newMapping()): Mapping {
  const object = newMapping();
  object[name] = value;
  return object;
}
