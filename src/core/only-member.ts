/** The one member that an object has of those that it may have. */
export type Member<Of> = {
  [Kind in keyof Of]-?: { readonly kind: Kind; readonly settings: NonNullable<Of[Kind]> };
}[keyof Of];

/**
 * What a pipeline file writes as `adam: {...}`, `flatten: {}` or `cosine: {...}`: a name with its settings. The schema has
 * seen to it that there is exactly one.
 */
export function onlyMember<Of extends object>(object: Of): Member<Of> {
  const [[kind, settings]] = Object.entries(object);
  return { kind, settings } as Member<Of>;
}
