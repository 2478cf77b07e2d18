/** Takes characters off the end of a text. */

/**
 * The text without any of `characters` at its end. A pattern such as `/\/+$/` looks at the rest of a run again from each
 * of its characters, which takes minutes for a long run that is not at the end.
 */
export function withoutTrailing(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text[end - 1])) end--;
  return text.slice(0, end);
}
