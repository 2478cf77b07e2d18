/** Values set on the command line: `--set stages.train.epochs=10` changes one field before the pipeline is validated. */
import { resolve } from 'node:path';
import { failure, PipelineError } from '../core/problem.js';
import type { Problem } from '../core/problem.js';
import { kindOf } from './kinds.js';
import { whereOf } from './places.js';
import type { Override } from './places.js';
import { forbiddenKeys, isMapping, newMapping } from './plain.js';
import type { Mapping, Plain } from './plain.js';
import { alternatives, memberNames, memberSchema, projectSchema, stageSchema } from './schemas.js';
import type { Schema } from './schemas.js';
import { listed, nearest, oneOf, showPath } from './words.js';
import { parseYaml } from './yaml.js';

/** A word that may stand where a path may, and is none. */
const randomWeights = 'random';

/**
 * Sets the values in a pipeline that is parsed and written out, in the order given. Paths among them start from `cwd`,
 * where the command was given, while paths in the file start from the project's root.
 */
export function applyOverrides(
  pipeline: Mapping,
  texts: readonly string[],
  cwd: string,
): { applied: Override[]; problems: Problem[] } {
  const applied: Override[] = [];
  const problems: Problem[] = [];
  for (const text of texts) {
    const result = applyOne(pipeline, text, cwd);
    if ('found' in result) problems.push({ where: whereOf(text), ...result });
    else applied.push(result);
  }
  return { applied, problems };
}

type Refusal = Omit<Problem, 'where' | 'position'>;

function applyOne(pipeline: Mapping, text: string, cwd: string): Override | Refusal {
  const equals = text.indexOf('=');
  if (equals < 1) {
    const expected = 'a field, `=` and a value, such as `stages.train.epochs=10`';
    return { code: 'bad-set', found: equals < 0 ? 'there is no `=`' : 'there is no field before the `=`', expected };
  }
  const keys = text.slice(0, equals).trim().split('.');
  const forbidden = keys.find((key) => forbiddenKeys.has(key));
  if (forbidden !== undefined) {
    throw failure('unsafe', { code: 'forbidden-key', where: whereOf(text), found: `\`${forbidden}\` cannot be a name here` });
  }
  const target = findTarget(pipeline, keys);
  if ('found' in target) return target;
  const read = readValue(text, equals + 1, target);
  const refusal = 'found' in read ? read : missingItem(pipeline, keys);
  if (refusal !== undefined) return refusal;
  if ('value' in read) assigned(pipeline, keys, resolvePaths(read.value, target.schema, target.root, cwd));
  return { path: keys, text };
}

/** A field's schema, and the schema that its `$ref`s start from. */
interface Target {
  readonly schema: Schema;
  readonly root: Schema;
}

/** Goes down the schemas, from the pipeline's to that of a stage's kind. */
function findTarget(pipeline: Mapping, keys: readonly string[]): Target | Refusal {
  const [top, name, ...rest] = keys;
  if (top !== 'stages' || name === undefined) return descend(projectSchema(), keys, []);
  const stages = isMapping(pipeline.stages) ? pipeline.stages : newMapping();
  if (stages[name] === undefined) return noSuchStage(name, rest, Object.keys(stages));
  const kind = kindOf(name, stages[name]);
  // The unknown kind is a problem of its own; nothing can be said about the fields.
  if (kind === undefined) return { schema: {}, root: {} };
  return descend(stageSchema(kind), rest, [top, name]);
}

function noSuchStage(name: string, rest: readonly string[], names: readonly string[]): Refusal {
  const near = nearest(name, names);
  return {
    code: 'unknown-set-path',
    found: `the pipeline has no stage \`${name}\``,
    expected: `one of its stages: ${listed(names, 'or')}`,
    remedy: near === undefined ? undefined : `did you mean \`${showPath(['stages', near, ...rest])}\`?`,
  };
}

function descend(root: Schema, keys: readonly string[], before: readonly string[]): Target | Refusal {
  let schema = root;
  for (const [depth, key] of keys.entries()) {
    const member = memberSchema(schema, key, root);
    if (member === undefined) return noSuchField(schema, root, keys, depth, before);
    schema = member;
  }
  return { schema, root };
}

function noSuchField(schema: Schema, root: Schema, keys: readonly string[], depth: number, before: readonly string[]): Refusal {
  const parent = showPath([...before, ...keys.slice(0, depth)]);
  const names = memberNames(schema, root);
  const near = nearest(keys[depth], names);
  const corrected = near && keys.with(depth, near);
  const isList = alternatives(schema, root).some((alternative) => alternative.items !== undefined);
  const place = parent === '' ? 'the pipeline' : `\`${parent}\``;
  return {
    code: 'unknown-set-path',
    found: names.length === 0 && !isList ? `${place} holds no fields` : `${place} has no field \`${keys[depth]}\``,
    expected: isList ? 'the number of an item, counted from 0' : names.length === 0 ? undefined : oneOf(names),
    remedy: corrected === undefined ? undefined : `did you mean \`${showPath([...before, ...corrected])}\`?`,
  };
}

/** The value, read as YAML; where a path is taken, text is taken as it is, so that `#` and `: ` are part of a path. */
function readValue(text: string, from: number, { schema, root }: Target): { readonly value: Plain } | Refusal {
  const trimmed = text.slice(from).trim();
  if (takesPath(schema, root) && trimmed !== '' && !/^["'{[]/.test(trimmed)) return { value: trimmed };
  try {
    return { value: parseYaml(trimmed, '').value };
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    const problems = error.problems.map(({ position: _position, ...problem }) => ({ ...problem, where: whereOf(text) }));
    if (error.category !== 'invalid') throw new PipelineError(error.category, problems);
    const [{ found, expected }] = problems;
    return { code: 'bad-set', found, expected, remedy: 'put quotes around the value, for YAML and again for the shell' };
  }
}

function takesPath(schema: Schema, root: Schema): boolean {
  return alternatives(schema, root).some((alternative) => alternative['x-path']);
}

/** Makes the paths in a value absolute. */
function resolvePaths(value: Plain, schema: Schema, root: Schema, cwd: string): Plain {
  if (typeof value === 'string') {
    return value !== '' && value !== randomWeights && takesPath(schema, root) ? resolve(cwd, value) : value;
  }
  const member = (key: string | number, inner: Plain): Plain => {
    const found = memberSchema(schema, key, root);
    return found === undefined ? inner : resolvePaths(inner, found, root, cwd);
  };
  if (Array.isArray(value)) return value.map((item, index) => member(index, item));
  if (!isMapping(value)) return value;
  const copy = newMapping();
  for (const [key, inner] of Object.entries(value)) copy[key] = member(key, inner);
  return copy;
}

/** Tells of an item that a list in the pipeline does not have. */
function missingItem(pipeline: Mapping, keys: readonly string[]): Refusal | undefined {
  let current: Plain | undefined = pipeline;
  for (const [depth, key] of keys.entries()) {
    if (Array.isArray(current)) {
      if (!(Number(key) < current.length)) {
        const list = showPath(keys.slice(0, depth));
        const expected = current.length === 0 ? undefined : `0 to ${current.length - 1}`;
        return { code: 'unknown-set-path', found: `\`${list}\` has no item ${key}`, expected };
      }
      current = current[Number(key)];
    } else {
      current = isMapping(current) ? current[key] : undefined;
    }
  }
  return undefined;
}

/**
 * Puts a value at the end of a path that the schema knows. Mappings that are not there are made, also in place of a single
 * value: `freeze.layers.until=block5_conv1` replaces `layers: all`.
 */
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
