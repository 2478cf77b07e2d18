/**
 * Checks of values of unknown form, such as JSON from a disk that others can write. They are put together from small
 * ones, so that a parser says in one place what its file holds.
 */
import { parseOwn } from './bounded-json.js';
import { isRecord } from './is-record.js';

export type Guard<Value> = (value: unknown) => value is Value;

type Guarded<Fields> = { readonly [Field in keyof Fields]: Fields[Field] extends Guard<infer Value> ? Value : never };

export const isString: Guard<string> = (value) => typeof value === 'string';
export const isBoolean: Guard<boolean> = (value) => typeof value === 'boolean';
/** A number that is neither NaN nor infinite: `1e999` is JSON too. */
export const isFiniteNumber: Guard<number> = (value): value is number => Number.isFinite(value);
/** A whole number of at least 0, such as a size or how many there are. */
export const isCount: Guard<number> = (value): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export function isOneOf<const Values extends readonly unknown[]>(...values: Values): Guard<Values[number]> {
  return (value): value is Values[number] => values.includes(value);
}

export function isListOf<Item>(isItem: Guard<Item>): Guard<readonly Item[]> {
  return (value): value is readonly Item[] => Array.isArray(value) && value.every(isItem);
}

/** An object that maps names to values of one kind. */
export function isMapOf<Value>(
  isValue: Guard<Value>,
  isName: (name: string) => boolean = () => true,
): Guard<Readonly<Record<string, Value>>> {
  return (value): value is Readonly<Record<string, Value>> =>
    isRecord(value) && Object.entries(value).every(([name, member]) => isName(name) && isValue(member));
}

/** An object with these fields; others, of later versions, are let through. */
export function isShapedAs<Fields extends Readonly<Record<string, Guard<unknown>>>>(
  fields: Fields,
): Guard<Guarded<Fields>> {
  return (value): value is Guarded<Fields> =>
    isRecord(value) &&
    Object.entries(fields).every(([name, isField]) => isField(Object.hasOwn(value, name) ? value[name] : undefined));
}

export function optional<Value>(isValue: Guard<Value>): Guard<Value | undefined> {
  return (value): value is Value | undefined => value === undefined || isValue(value);
}

/** Reads JSON of a certain form; undefined if a text is anything else, is nested too deeply or has too many values. */
export function parseJson<Value>(text: string, isValue: Guard<Value>): Value | undefined {
  try {
    const value = parseOwn(text);
    return isValue(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
