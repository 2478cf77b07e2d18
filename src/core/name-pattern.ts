/**
 * Patterns of file names: `{label}.{number}.jpg`. They are simpler than regular expressions, so that matching is quick
 * for any pattern and any name.
 */

/** What a pattern can say of a file. */
const captures = ['label', 'group', 'split'] as const;
export type Capture = (typeof captures)[number];

/** All that can be in braces. */
export const placeholders = [...captures, 'number', 'any'] as const;

type Token = { readonly text: string } | { readonly field: (typeof placeholders)[number] };

export interface NamePattern {
  /** For the end of a path: each folder, then the name of the file. */
  readonly parts: readonly (readonly Token[])[];
}

export type Captured = Readonly<Partial<Record<Capture, string>>>;

export type PatternFault =
  | { readonly kind: 'unknown'; readonly name: string }
  | { readonly kind: 'twice' | 'missing'; readonly name: Capture }
  | { readonly kind: 'brace' }
  | { readonly kind: 'many' };

const MOST_PLACEHOLDERS = 16;

/** Whether a text is meant as a pattern rather than as the name of a column. */
export function isPattern(text: string): boolean {
  return text.includes('{') || text.includes('*');
}

/** `needed` has to be in it. */
export function parsePattern(text: string, needed: Capture): NamePattern | PatternFault {
  const parts = text.split('/').map(tokensOf);
  const fields = parts.flat().flatMap((token) => ('field' in token ? token.field : []));
  if (parts.flat().some((token) => 'text' in token && /[{}]/.test(token.text))) return { kind: 'brace' };
  const unknown = fields.find((field) => !placeholders.includes(field));
  if (unknown !== undefined) return { kind: 'unknown', name: unknown };
  const twice = captures.find((name) => fields.filter((field) => field === name).length > 1);
  if (twice !== undefined) return { kind: 'twice', name: twice };
  if (!fields.includes(needed)) return { kind: 'missing', name: needed };
  return fields.length > MOST_PLACEHOLDERS ? { kind: 'many' } : { parts };
}

function tokensOf(part: string): Token[] {
  return part
    .split(/(\{[^{}]*\}|\*)/)
    .filter((piece) => piece !== '')
    .map((piece): Token => {
      if (piece === '*') return { field: 'any' };
      return piece.startsWith('{') && piece.endsWith('}')
        ? { field: piece.slice(1, -1) as (typeof placeholders)[number] }
        : { text: piece };
    });
}

/**
 * What a path says by a pattern: its last names are compared, as many as the pattern has. Each placeholder takes as
 * little text as possible. Undefined if the path does not match.
 */
export function matchPattern({ parts }: NamePattern, path: string): Captured | undefined {
  const names = path.split('/').slice(-parts.length);
  if (names.length < parts.length) return undefined;
  const captured: Partial<Record<Capture, string>> = {};
  return parts.every((tokens, index) => matchName(tokens, names[index], captured)) ? captured : undefined;
}

/** What has failed once, a token at a place in the name, is not tried again: the time is bounded by their product. */
function matchName(tokens: readonly Token[], name: string, captured: Partial<Record<Capture, string>>): boolean {
  const failed = new Set<number>();
  const match = (index: number, from: number): boolean => {
    if (index === tokens.length) return from === name.length;
    const state = index * (name.length + 1) + from;
    if (failed.has(state)) return false;
    const token = tokens[index];
    const found =
      'text' in token
        ? name.startsWith(token.text, from) && match(index + 1, from + token.text.length)
        : take(token.field, index, from);
    if (!found) failed.add(state);
    return found;
  };
  const take = (field: (typeof placeholders)[number], index: number, from: number): boolean => {
    for (let to = field === 'any' ? from : from + 1; to <= name.length; to++) {
      if (field === 'number' && !/[0-9]/.test(name[to - 1])) return false;
      if (!match(index + 1, to)) continue;
      if (field !== 'any' && field !== 'number') captured[field] = name.slice(from, to);
      return true;
    }
    return false;
  };
  return match(0, 0);
}
