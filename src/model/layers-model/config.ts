/** Checked access to a model's JSON: errors name the layer. */
import { isDeepStrictEqual } from 'node:util';
import { parseBounded, TooManyValues } from '../../core/bounded-json.js';
import { isRecord } from '../../core/is-record.js';
import { failure, type PipelineError } from '../../core/problem.js';
import { baseFormats, otherFormat } from '../formats/identify.js';
import { formatOfJson } from '../formats/json-contents.js';
import type { Pair } from '../graph.js';

export function badModel(where: string, found: string, expected?: string, remedy?: string): PipelineError {
  return failure('bad-data', { code: 'bad-layers-model', where, found, expected, remedy });
}

export function record(value: unknown, where: string, what: string): Record<string, unknown> {
  if (!isRecord(value)) throw badModel(where, `${what} is ${show(value)}`, 'an object');
  return value;
}

export function list(value: unknown, where: string, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw badModel(where, `${what} is ${show(value)}`, 'a list');
  return value;
}

/** Parses the JSON of a model's layers. */
export function parseModel(text: string, where: string): Record<string, unknown> {
  return record(parseJson(text, where), where, 'the file');
}

/** Parses a model.json. Throws `bad-data`; for JSON of another kind it says of which. */
export function parseLayersModel(text: string, where: string): Record<string, unknown> {
  const value = parseJson(text, where);
  const other = formatOfJson(value);
  if (other !== undefined) throw otherFormat(where, other);
  return record(value, where, 'the file');
}

function parseJson(text: string, where: string): unknown {
  try {
    return parseBounded(text);
  } catch (error) {
    if (error instanceof TooManyValues)
      throw badModel(where, `the description of the layers ${error.message}`, 'a network that can be computed');
    throw failure(
      'bad-data',
      {
        code: 'bad-layers-model',
        where,
        found: 'begins like JSON but is damaged or cut off',
        expected: baseFormats,
        remedy: 'download or save it again',
      },
      error,
    );
  }
}

/** A value in a message, cut short. */
export function show(value: unknown): string {
  const text = value === undefined ? 'missing' : textOf(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** What was read may be nested deeper than it can be written. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return Array.isArray(value) ? '[...]' : '{...}';
  }
}

/**
 * The config of one layer. Readers name the field that is wrong; a missing field takes Keras's default if one is given.
 */
export class LayerConfig {
  constructor(
    readonly where: string,
    private readonly fields: Record<string, unknown>,
  ) {}

  get(key: string): unknown {
    return this.fields[key];
  }

  wrong(key: string, expected: string, remedy?: string): PipelineError {
    return badModel(this.where, `${key} is ${show(this.fields[key])}`, expected, remedy);
  }

  boolean(key: string, missing: boolean): boolean {
    const value = this.fields[key] ?? missing;
    if (typeof value !== 'boolean') throw this.wrong(key, 'true or false');
    return value;
  }

  number(key: string, missing?: number): number {
    const value = this.fields[key] ?? missing;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.wrong(key, 'a number');
    return value;
  }

  /** Numbers in a list, which may be in lists of one themselves; undefined if there is none. */
  numbers(key: string): readonly number[] | undefined {
    let value: unknown = this.fields[key];
    if (value === undefined || value === null) return undefined;
    while (Array.isArray(value) && value.length === 1 && Array.isArray(value[0])) [value] = value as unknown[];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    const isNumber = (one: unknown): one is number => typeof one === 'number' && Number.isFinite(one);
    if (list.length === 0 || !list.every(isNumber)) throw this.wrong(key, 'a list of numbers');
    return list;
  }

  /** A positive whole number. */
  count(key: string, missing?: number): number {
    const value = this.number(key, missing);
    if (!Number.isSafeInteger(value) || value < 1) throw this.wrong(key, 'a positive integer');
    return value;
  }

  /** Height and width, which one number stands for when they are equal. */
  pair(key: string, missing?: Pair): Pair {
    const value = this.fields[key] ?? missing;
    const [a, b, ...more] = Array.isArray(value) ? (value as unknown[]) : [value, value];
    if (!isCount(a) || !isCount(b) || more.length > 0) throw this.wrong(key, 'one or two positive integers');
    return [a, b];
  }

  oneOf<T extends string>(key: string, choices: readonly T[], missing: T): T {
    const value = this.fields[key] ?? missing;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw this.wrong(key, choices.join(' or '));
    return found;
  }

  /** Refuses a field that is set to anything but what we compute. */
  only(key: string, accepted: readonly unknown[], expected: string): void {
    const value = this.fields[key] ?? null;
    if (value === null) return;
    if (!accepted.some((one) => isDeepStrictEqual(one, value))) throw this.wrong(key, expected);
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
