/** Fields of a pipeline by their paths, `stages.train.epochs`: what may stand there, and how a value gets there. */
import { nameList } from '../core/text/names.js';
import type { Problem } from '../core/problem.js';
import { kindOf } from './kinds.js';
import { isMapping, type Mapping, newMapping, type Plain } from './values.js';
import { alternatives, memberNames, memberSchema, projectSchema, type Schema, stageSchema } from './schemas.js';
import { nearest } from '../core/text/did-you-mean.js';
import { meantField, pathBelow } from './unknown-field.js';
import { oneOf, showPath } from './words.js';

/** A field's schema, and the schema that its `$ref`s start from. */
export interface Field {
  readonly schema: Schema;
  readonly root: Schema;
}

/** Why a path leads to no field. */
export type NoField = Pick<Problem, 'found' | 'expected' | 'remedy'>;

/** Goes down the schemas, from the pipeline's to that of a stage's kind, and down the lists that the pipeline holds. */
export function findField(pipeline: Mapping, keys: readonly string[]): Field | NoField {
  const field = fieldBySchemas(pipeline, keys);
  return 'found' in field ? field : (missingItem(pipeline, keys) ?? field);
}

function fieldBySchemas(pipeline: Mapping, keys: readonly string[]): Field | NoField {
  const [top, name, ...rest] = keys;
  if (top !== 'stages' || name === undefined) return descend(projectSchema(), keys, []);
  const stages = isMapping(pipeline.stages) ? pipeline.stages : newMapping();
  if (stages[name] === undefined) return noSuchStage(name, rest, Object.keys(stages));
  const kind = kindOf(name, stages[name]);
  // The unknown kind is a problem of its own; its fields cannot be checked.
  if (kind === undefined) return { schema: {}, root: {} };
  return descend(stageSchema(kind), rest, [top, name]);
}

function noSuchStage(name: string, rest: readonly string[], names: readonly string[]): NoField {
  const near = nearest(name, names);
  return {
    found: `the pipeline has no stage \`${name}\``,
    expected: `one of its stages: ${nameList(names, 'or')}`,
    remedy: near === undefined ? undefined : `did you mean \`${showPath(['stages', near, ...rest])}\`?`,
  };
}

function descend(root: Schema, keys: readonly string[], before: readonly string[]): Field | NoField {
  let schema = root;
  for (const [depth, key] of keys.entries()) {
    const member = memberSchema(schema, key, root);
    if (member === undefined) return noSuchField(schema, root, keys, depth, before);
    schema = member;
  }
  return { schema, root };
}

function noSuchField(
  schema: Schema,
  root: Schema,
  keys: readonly string[],
  depth: number,
  before: readonly string[],
): NoField {
  const parent = showPath([...before, ...keys.slice(0, depth)]);
  const names = memberNames(schema, root);
  const near = meantField(keys[depth], names);
  const below = near === undefined ? pathBelow(keys[depth], schema, root) : [near];
  const corrected = below && [...keys.slice(0, depth), ...below, ...keys.slice(depth + 1)];
  const isList = alternatives(schema, root).some((alternative) => alternative.items !== undefined);
  const place = parent === '' ? 'the pipeline' : `\`${parent}\``;
  return {
    found: names.length === 0 && !isList ? `${place} has no fields` : `${place} has no field \`${keys[depth]}\``,
    expected: isList ? 'the index of an item, counted from 0' : names.length === 0 ? undefined : oneOf(names),
    remedy: corrected === undefined ? undefined : `did you mean \`${showPath([...before, ...corrected])}\`?`,
  };
}

/** Reports an item that a list in the pipeline does not have. */
function missingItem(pipeline: Mapping, keys: readonly string[]): NoField | undefined {
  let current: Plain | undefined = pipeline;
  for (const [depth, key] of keys.entries()) {
    if (Array.isArray(current)) {
      if (!(Number(key) < current.length)) {
        const list = showPath(keys.slice(0, depth));
        const expected = current.length === 0 ? undefined : `0 to ${current.length - 1}`;
        return { found: `\`${list}\` has no item ${key}`, expected };
      }
      current = current[Number(key)];
    } else {
      current = isMapping(current) ? current[key] : undefined;
    }
  }
  return undefined;
}

/**
 * Puts a value at the end of a path that {@link findField} knows, in place. Mappings that are not there are made, also
 * in place of a single value: `freeze.layers.until=block5_conv1` replaces `layers: all`.
 */
export function setField(pipeline: Mapping, keys: readonly string[], value: Plain): void {
  assigned(pipeline, keys, value);
}

function assigned(current: Plain | undefined, keys: readonly string[], value: Plain): Plain {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (Array.isArray(current)) {
    current[Number(key)] = assigned(current[Number(key)], rest, value);
    return current;
  }
  const mapping = isMapping(current) ? current : newMapping();
  mapping[key] = assigned(mapping[key], rest, value);
  return mapping;
}
