/** The matrix of a pipeline: the fields that take several values, and the combinations of those. */
import { failure, type Problem } from '../core/problem.js';
import { findField, setField } from './fields.js';
import { type Locator, type Move, type Override, startsWith, whereOf } from './locator.js';
import { copyMapping, forbiddenKeys, isMapping, type Mapping, type Plain } from './values.js';
import { writeOutShort } from './validate.js';
import { showPath, showValue } from './words.js';

type AxisValue = number | string | boolean;

export interface Axis {
  readonly name: string;
  /** The field that takes the values: `stages`, `train`, `epochs`. */
  readonly field: readonly string[];
  readonly values: readonly AxisValue[];
  /** The values as the names of variants have them. */
  readonly texts: readonly string[];
}

/** An axis at one of its values. */
interface Setting {
  readonly axis: Axis;
  readonly index: number;
}

/** Values for some axes, in the order of the file. */
export type Combination = readonly Setting[];

/** More are a slip: a sweep of a thousand trainings is days of work. */
const MOST_COMBINATIONS = 1000;

/** Stages of all combinations together. */
const MOST_VARIANTS = 100_000;

/** As the schema has it. */
const DEFAULT_FOLDS = 5;

/** More fields than anyone sweeps at once. */
const MOST_AXES = 100;

/** Variants name folders, and file systems take names of 255 bytes. */
const LONGEST_LABEL = 180;

/**
 * The axes of a pipeline's matrix; none if there is no matrix, or it does not have the form of the schema, which is
 * reported elsewhere. Throws `unsafe` for a field that no file may hold.
 */
export function readMatrix(
  pipeline: Mapping,
  locator: Locator,
  overrides: readonly Override[],
): { axes: Axis[]; problems: Problem[] } {
  const written = isMapping(pipeline.matrix) ? Object.entries(pipeline.matrix) : [];
  const axes = written.flatMap(([name, axis]) => readAxis(name, axis));
  if (axes.length < written.length) return { axes: [], problems: [] };
  const explosion = tooMany(axes, pipeline, locator);
  // Nothing else is worth the time: it would be compared for every pair of axes and values.
  if (explosion.length > 0) return { axes: [], problems: explosion };
  const problems = [
    ...axes.flatMap((axis) => [...unknownField(axis, pipeline, locator), ...sameTexts(axis, locator)]),
    ...axes.flatMap((axis, index) => axes.slice(0, index).flatMap((earlier) => overlap(axis, earlier, locator))),
    ...axes.flatMap((axis) => setTwice(axis, overrides)),
    ...tooLong(axes, locator),
  ];
  return problems.length > 0 ? { axes: [], problems } : { axes, problems };
}

function readAxis(name: string, axis: Plain): Axis[] {
  if (!isMapping(axis) || typeof axis.field !== 'string' || !Array.isArray(axis.values)) return [];
  const values = axis.values.filter(isAxisValue);
  const field = axis.field.split('.');
  if (values.length === 0 || values.length < axis.values.length || field[0] !== 'stages' || field.length < 3) return [];
  return [{ name, field, values, texts: values.map(textOf) }];
}

function isAxisValue(value: Plain): value is AxisValue {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';
}

/** A value as part of a name that every file system takes: `1e+21` without its plus, other signs as `-`. */
function textOf(value: AxisValue): string {
  return String(value)
    .replace('e+', 'e')
    .replace(/[^A-Za-z0-9._-]+/g, '-');
}

function fieldPath({ name }: Axis): string[] {
  return ['matrix', name, 'field'];
}

function valuePath({ axis, index }: Setting): (string | number)[] {
  return ['matrix', axis.name, 'values', index];
}

function unknownField(axis: Axis, pipeline: Mapping, locator: Locator): Problem[] {
  const place = locator.at(fieldPath(axis));
  const forbidden = axis.field.find((key) => forbiddenKeys.has(key));
  if (forbidden !== undefined) {
    throw failure('unsafe', { code: 'forbidden-key', ...place, found: `\`${forbidden}\` is not allowed as a name` });
  }
  const found = findField(pipeline, axis.field);
  return 'found' in found ? [{ code: 'unknown-matrix-field', ...place, ...found }] : [];
}

/** Names of variants hold the texts, on file systems that may ignore case. */
function sameTexts(axis: Axis, locator: Locator): Problem[] {
  const plain = axis.texts.map((text) => text.toLowerCase());
  const firsts = new Map(plain.map((text, index): [string, number] => [text, index]).reverse());
  return axis.values.flatMap((value, index) => {
    const first = firsts.get(plain[index])!;
    // The schema reports equal values.
    if (first === index || axis.values[first] === value) return [];
    const found = `${showValue(value)} and ${showValue(axis.values[first])} give variants the same name, \`${axis.name}-${axis.texts[index]}\``;
    const expected = 'values that differ in letters, digits, `.`, `_` or `-`';
    return [{ code: 'same-variant-name', ...locator.at(valuePath({ axis, index })), found, expected }];
  });
}

function overlap(axis: Axis, earlier: Axis, locator: Locator): Problem[] {
  if (!startsWith(axis.field, earlier.field) && !startsWith(earlier.field, axis.field)) return [];
  const line = locator.mention(fieldPath(earlier));
  const found = `\`${axis.name}\` and \`${earlier.name}\` (${line}) set the same field`;
  return [
    { code: 'overlapping-axes', ...locator.at(fieldPath(axis)), found, expected: 'a different field for each axis' },
  ];
}

/** A `--set` below the matrix would change nothing. */
function setTwice({ name, field }: Axis, overrides: readonly Override[]): Problem[] {
  return overrides.flatMap(({ path, text }) => {
    if (!startsWith(path, field)) return [];
    const found = `the axis \`${name}\` of the matrix sets \`${showPath(field)}\``;
    const remedy = `set \`matrix.${name}.values=[...]\` instead, or remove all variants with \`matrix={}\``;
    return [{ code: 'set-under-matrix', where: whereOf(text), found, remedy }];
  });
}

/** Each combination is checked as a pipeline of its own. */
function tooMany(axes: readonly Axis[], pipeline: Mapping, locator: Locator): Problem[] {
  const count = axes.reduce((product, { values }) => product * values.length, 1);
  const written = isMapping(pipeline.stages) ? Object.keys(pipeline.stages).length : 0;
  const folds = isMapping(pipeline.cross_validation) ? Number(pipeline.cross_validation.folds ?? DEFAULT_FOLDS) : 0;
  const stages = written * (folds > 0 ? folds + 1 : 1);
  const most = Math.min(MOST_COMBINATIONS, Math.max(1, Math.floor(MOST_VARIANTS / Math.max(1, stages))));
  if (axes.length <= MOST_AXES && count <= most) return [];
  const found =
    axes.length > MOST_AXES
      ? `the matrix has ${axes.length} axes`
      : `the matrix has ${count} combinations${most < MOST_COMBINATIONS ? ` of ${stages} stages` : ''}`;
  const expected = axes.length > MOST_AXES ? `at most ${MOST_AXES}` : `at most ${most}`;
  return [
    {
      code: 'too-many-variants',
      ...locator.at(['matrix'], 'key'),
      found,
      expected,
      remedy: 'split the matrix into several pipeline files',
    },
  ];
}

function tooLong(axes: readonly Axis[], locator: Locator): Problem[] {
  const longest = axes.reduce(
    (sum, { name, texts }) => sum + name.length + Math.max(...texts.map(({ length }) => length)) + 2,
    0,
  );
  if (longest <= LONGEST_LABEL) return [];
  const found = `variant names reach ${longest} characters`;
  return [
    {
      code: 'variant-name-too-long',
      ...locator.at(['matrix'], 'key'),
      found,
      expected: `at most ${LONGEST_LABEL}`,
      remedy: 'shorten the names or the values of the axes',
    },
  ];
}

/** Every combination; the last axis changes fastest. Without axes there is one, of nothing. */
export function combinationsOf(axes: readonly Axis[]): Combination[] {
  return axes.reduce<Combination[]>(
    (before, axis) => before.flatMap((settings) => axis.values.map((_, index) => [...settings, { axis, index }])),
    [[]],
  );
}

/** A copy of a pipeline with the values of a combination in their fields. */
export function pipelineAt(pipeline: Mapping, combination: Combination): Mapping {
  const copy = copyMapping(pipeline);
  for (const { axis, index } of combination) setField(copy, axis.field, axis.values[index]);
  writeOutShort(copy);
  return copy;
}

/** Fields that a combination sets are at its values in the matrix. */
export function movesOf(combination: Combination): Move[] {
  return combination.map((setting) => ({ field: setting.axis.field, to: valuePath(setting) }));
}
