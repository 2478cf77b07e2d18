/** Texts as a YAML file has them. */

/** A string, quoted only if it must be, also within braces; a JSON string is valid YAML, whatever characters it contains. */
export function yamlString(text: string): string {
  const plain = /^[A-Za-z][\w/-]*([. ][\w/-]+)*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return plain ? text : JSON.stringify(text);
}
