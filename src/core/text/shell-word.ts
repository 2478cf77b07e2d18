/** A text as one word of a POSIX shell: as it is if it needs no quotes. Some shells expand a word that begins with `=`. */
export function shellWord(text: string): string {
  return /^[\w./-][\w./=@+-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
