/** What tells backup programs and git that the store holds nothing that is not made again. */

/** Texts by file name. The tag is that of https://bford.info/cachedir/. */
export const rootMarks: Readonly<Record<string, string>> = {
  'CACHEDIR.TAG': 'Signature: 8a477f597d28d172789f06886806bc55\n# What is in here can be deleted: it is made again.\n',
  '.gitignore': '*\n',
};
