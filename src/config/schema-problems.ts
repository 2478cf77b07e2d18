/** Words the errors of the validator for the person who wrote the file. */
import type { ErrorObject } from 'ajv';
import { own } from '../core/own.js';
import type { Problem } from '../core/problem.js';
import { describe, patternWords } from './expectations.js';
import type { Locator } from './locator.js';
import { isMapping, type FieldPath } from './values.js';
import { alternatives, resolveReference, type Schema } from './schemas.js';
import { meantField, unknownFieldRemedy } from './unknown-field.js';
import { didYouMean, fieldName, listed, oneOf, shortened, showValue } from './words.js';

/** What was validated: a value by its schema, and the path of that value in the pipeline. */
export interface Subject {
  readonly schema: Schema;
  readonly path: FieldPath;
  readonly locator: Locator;
  /** What the file is, for messages; `the pipeline` if left out. */
  readonly whole?: string;
}

/** One failed keyword, with the path of its value from the top of the file. */
interface Finding {
  readonly error: ErrorObject;
  readonly path: FieldPath;
  readonly schema: Schema;
}

/** More errors than a person reads; wording costs time for each, and looks at others. */
const mostWorded = 200;

/** The problems behind the validator's errors: one for each mistake, however many keywords failed of it. */
export function schemaProblems(all: readonly ErrorObject[], subject: Subject): Problem[] {
  const errors = all.slice(0, mostWorded);
  const relevant = withoutOtherBranches(errors).filter(
    (error) => error.keyword !== 'if' && error.propertyName === undefined,
  );
  const findings = relevant.map((error): Finding => {
    const steps = error.instancePath.split('/').slice(1).map(fromPointer);
    return { error, path: [...subject.path, ...steps], schema: error.parentSchema ?? {} };
  });
  const worded = new Set<string>();
  return findings.flatMap((finding) => {
    const byKeyword = structural[finding.error.keyword];
    if (byKeyword !== undefined) return byKeyword(finding, subject, findings);
    // All other keywords are about one value: reported once, with everything that is expected.
    if (worded.has(finding.error.instancePath)) return [];
    worded.add(finding.error.instancePath);
    const outer = errors.find(
      ({ keyword, instancePath }) => isChoice(keyword) && instancePath === finding.error.instancePath,
    );
    return [wrongValue({ ...finding, schema: outer?.parentSchema ?? finding.schema }, subject)];
  });
}

function isChoice(keyword: string): boolean {
  return keyword === 'anyOf' || keyword === 'if';
}

/** Keywords whose failure means that a branch is not for such a value at all. */
const misfit = new Set(['type', 'enum', 'const']);

/** JSON pointers write `~` and `/` within a name as `~0` and `~1`. */
function fromPointer(step: string): string | number {
  return /^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~');
}

/**
 * Of an `anyOf`, keeps the errors of the one branch that takes such a value at all, or else only that none does.
 * (Branches of our schemas hold no `$ref`, so that the paths of their errors begin with that of the `anyOf`.)
 */
function withoutOtherBranches(errors: readonly ErrorObject[]): ErrorObject[] {
  let kept = [...errors];
  for (const choice of errors.filter((error) => error.keyword === 'anyOf')) {
    const branchOf = (error: ErrorObject): string | undefined =>
      error.schemaPath.startsWith(`${choice.schemaPath}/`)
        ? error.schemaPath.slice(choice.schemaPath.length + 1).split('/')[0]
        : undefined;
    const inside = errors.filter((error) => branchOf(error) !== undefined);
    const misfits = inside.filter((error) => error.instancePath === choice.instancePath && misfit.has(error.keyword));
    const excluded = new Set(misfits.map(branchOf));
    const fitting = new Set(inside.map(branchOf).filter((branch) => !excluded.has(branch)));
    const [only] = fitting.size === 1 ? fitting : [];
    kept = kept.filter((error) => {
      if (error === choice) return only === undefined;
      return branchOf(error) === undefined || branchOf(error) === only;
    });
  }
  return kept;
}

type Wording = (finding: Finding, subject: Subject, all: readonly Finding[]) => Problem[];

/** Keywords that are about the names in a mapping or the items of a list, rather than about one value. */
const structural: Readonly<Record<string, Wording>> = {
  additionalProperties: (finding, { schema: root, locator, whole }) => {
    const name = unknownName(finding);
    const names = Object.keys(finding.schema.properties ?? {});
    const owner = fieldName(finding.path, whole);
    return [
      {
        code: 'unknown-field',
        ...locator.at([...finding.path, name], 'key'),
        found: `unknown field \`${name}\` in ${owner}`,
        expected: names.length === 0 ? `no fields in ${owner}` : oneOf(names),
        remedy: unknownFieldRemedy(name, finding.error.data, finding.schema, root),
      },
    ];
  },

  required: ({ error, path, schema }, { schema: root, locator, whole }, all) => {
    const name = String(error.params.missingProperty);
    // It is there, but misspelled, which is reported already.
    const unknown = all.filter((other) => isUnknownField(other) && other.error.instancePath === error.instancePath);
    if (unknown.some((other) => meantField(unknownName(other), Object.keys(schema.properties ?? {})) === name))
      return [];
    const field = own(schema.properties, name);
    return [
      {
        code: 'missing-field',
        ...locator.at(path, 'key'),
        found: `${fieldName(path, whole)} has no \`${name}\``,
        expected: field === undefined ? undefined : describe(field, root),
        remedy: `add \`${name}:\``,
      },
    ];
  },

  propertyNames: ({ error, path, schema }, { locator }) => {
    const name = String(error.params.propertyName);
    const pattern = schema.propertyNames?.pattern;
    const expected = pattern === undefined ? undefined : patternWords[pattern];
    const found = `\`${shortened(name)}\` is not a valid name for ${namedBy(path)}`;
    return [{ code: 'bad-name', ...locator.at([...path, name], 'key'), found, expected }];
  },

  minProperties: ({ path, schema }, { locator }) => {
    const names = Object.keys(schema.properties ?? {});
    const some = schema.maxProperties === 1 ? 'exactly one of' : 'at least one of';
    const expected = names.length === 0 ? 'at least one entry' : `${some} ${listed(names, 'or')}`;
    return [{ code: 'nothing-there', ...locator.at(path), found: `${fieldName(path)} is empty`, expected }];
  },

  maxProperties: ({ error, path, schema }, { locator }, all) => {
    if (all.some((other) => isUnknownField(other) && other.error.instancePath === error.instancePath)) return [];
    const names = isMapping(error.data) ? Object.keys(error.data) : [];
    return [
      {
        code: 'too-many',
        ...locator.at(path, 'key'),
        found: `${fieldName(path)} contains ${listed(names, 'and')}`,
        expected: `exactly one of ${listed(Object.keys(schema.properties ?? {}), 'or')}`,
        remedy: typeof path[path.length - 1] === 'number' ? 'start a new item with `- ` for each' : 'remove the others',
      },
    ];
  },

  uniqueItems: ({ error, path }, { locator }) => {
    const { i, j } = error.params;
    const value = Array.isArray(error.data) ? showValue(error.data[i]) : 'an item';
    const found = `${value} appears twice in ${fieldName(path)}`;
    return [{ code: 'duplicate-item', ...locator.at([...path, Math.max(i, j)]), found, remedy: 'remove one of them' }];
  },
};

function isUnknownField({ error }: Finding): boolean {
  return error.keyword === 'additionalProperties';
}

function unknownName({ error }: Finding): string {
  return String(error.params.additionalProperty);
}

const rangeKeywords = new Set(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum']);

function wrongValue({ error, path, schema }: Finding, { schema: root, locator, whole }: Subject): Problem {
  const choices = alternatives(schema, root).flatMap((alternative) => [...(alternative.enum ?? []), alternative.const]);
  const names = choices.filter((choice) => typeof choice === 'string');
  const code = rangeKeywords.has(error.keyword) ? 'out-of-range' : names.length > 0 ? 'not-a-choice' : 'wrong-type';
  const place = locator.at(path);
  const target = resolveReference(schema, root);
  return {
    code,
    ...place,
    found: `${fieldName(path, whole)} is ${showValue(error.data)}`,
    expected: describe(schema, root),
    remedy: error.data === null ? remedyForNothing(target, path, place.where) : remedyFor(error.data, target, names),
  };
}

const yes = new Set(['yes', 'on', 'y']);
const no = new Set(['no', 'off', 'n']);

/** `where` is the option that gave the value, if it does not come from the file. */
function remedyForNothing(schema: Schema, path: FieldPath, where: string | undefined): string {
  const isWholeByDefaults = typesOf(schema).includes('object') && (schema.required ?? []).length === 0;
  if (where?.trimEnd().endsWith('='))
    return isWholeByDefaults ? 'write `{}` after the `=`' : 'write a value after the `=`, or omit the option';
  const name = path[path.length - 1];
  if (typeof name === 'number') return 'write a value, or remove the item';
  return isWholeByDefaults ? `write \`${name}: {}\`` : `write a value after \`${name}:\`, or remove the line`;
}

/** Common mistakes with a value. */
function remedyFor(value: unknown, schema: Schema, names: readonly string[]): string | undefined {
  const types = typesOf(schema);
  const takesList = types.length === 1 && types[0] === 'array';
  if (takesList && !isMapping(value) && !Array.isArray(value)) {
    // One number for two, such as a size, is the same one twice.
    const items = Array.from({ length: schema.minItems ?? 1 }, () => String(value));
    return `write it as a list: [${items.join(', ')}]`;
  }
  if (typeof value !== 'string') return undefined;
  if (types.includes('boolean')) {
    const word = value.toLowerCase();
    return yes.has(word) ? 'write `true`' : no.has(word) ? 'write `false`' : didYouMean(value, ['true', 'false']);
  }
  const isNumeric = value.trim() !== '' && Number.isFinite(Number(value));
  if (isNumeric && (types.includes('number') || types.includes('integer'))) return `remove the quotes: ${value}`;
  return didYouMean(value, names);
}

function typesOf({ type }: Schema): readonly string[] {
  return typeof type === 'string' ? [type] : (type ?? []);
}

/** What the names in a mapping of free names are for. */
function namedBy(path: FieldPath): string {
  if (path[0] === 'matrix') return 'an axis';
  return path.at(-1) === 'headers_env' ? 'a request header' : 'a stage';
}
