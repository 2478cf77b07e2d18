/**
 * Lookups by names that come from outside, such as classes, files and stages. A plain object answers `constructor` and
 * `toString` with what it inherits; these functions see only what was put into it.
 */

/** The member of this name, or undefined if the object itself has none. */
export function own<Value>(record: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}

/** An object for names from outside as keys: it inherits nothing, so assigning `__proto__` adds a member of that name. */
export function emptyMap<Value>(): Record<string, Value> {
  return Object.create(null) as Record<string, Value>;
}
