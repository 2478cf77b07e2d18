/**
 * Values set on the command line: `--set stages.train.epochs=10` changes one field before the pipeline is validated.
 */
import { resolve } from 'node:path';
import { failure, PipelineError, type Problem } from '../core/problem.js';
import { isAddress, isBucketAddress } from '../core/source.js';
import { type Field, findField, setField } from './fields.js';
import { type Override, whereOf } from './locator.js';
import { forbiddenKeys, isMapping, type Mapping, newMapping, type Plain } from './values.js';
import { alternatives, memberSchema, type Schema } from './schemas.js';
import { publishedWord } from './shorthand.js';
import { parseYaml } from './yaml.js';

/** Words that are allowed in place of a path, but are not paths. */
const weightWords = new Set(['random', publishedWord]);

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
    const expected = 'a field, `=` and a value, for example `stages.train.epochs=10`';
    return { code: 'bad-set', found: equals < 0 ? 'there is no `=`' : 'there is no field before the `=`', expected };
  }
  const keys = text.slice(0, equals).trim().split('.');
  const forbidden = keys.find((key) => forbiddenKeys.has(key));
  if (forbidden !== undefined) {
    throw failure('unsafe', {
      code: 'forbidden-key',
      where: whereOf(text),
      found: `\`${forbidden}\` is not allowed as a name`,
    });
  }
  const field = findField(pipeline, keys);
  if ('found' in field) return { code: 'unknown-set-path', ...field };
  const read = readValue(text, equals + 1, field);
  if ('found' in read) return read;
  setField(pipeline, keys, resolvePaths(read.value, field.schema, field.root, cwd));
  return { path: keys, text };
}

/** The value, read as YAML; if a path is taken, text is taken as it is, so that `#` and `: ` are part of a path. */
function readValue(text: string, from: number, { schema, root }: Field): { readonly value: Plain } | Refusal {
  const trimmed = text.slice(from).trim();
  if (takesPath(schema, root) && trimmed !== '' && !/^["'{[]/.test(trimmed)) return { value: trimmed };
  try {
    return { value: parseYaml(trimmed, '').value };
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    const problems = error.problems.map(({ position: _position, ...problem }) => ({
      ...problem,
      where: whereOf(text),
    }));
    if (error.category !== 'invalid') throw new PipelineError(error.category, problems);
    const [{ found, expected }] = problems;
    return {
      code: 'bad-set',
      found,
      expected,
      remedy: 'quote the value for YAML, and again for the shell',
    };
  }
}

function takesPath(schema: Schema, root: Schema): boolean {
  return alternatives(schema, root).some((alternative) => alternative['x-path']);
}

/** Makes the paths in a value absolute. */
function resolvePaths(value: Plain, schema: Schema, root: Schema, cwd: string): Plain {
  if (typeof value === 'string') {
    return value !== '' &&
      !weightWords.has(value) &&
      !isAddress(value) &&
      !isBucketAddress(value) &&
      takesPath(schema, root)
      ? resolve(cwd, value)
      : value;
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
