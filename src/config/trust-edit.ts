/** Adds a key to the text of a trust file, and leaves everything else in it alone, comments included. */
import { isSeq, parseDocument, Scalar, YAMLSeq } from 'yaml';
import type { PublicKey } from '../core/signing/keys.js';

const start = `# Who may write the results that this project takes from a shared cache. Commit this file, and review its changes:
# anyone with one of these keys decides the results of everyone who uses the project.
# Add a key with \`npx pipeline cache trust NAME KEY\`. To revoke a key, remove it.
version: 1
keys: []
`;

/** `text` is undefined if there is no file yet, and else that of a valid one. */
export function withKey(text: string | undefined, name: string, key: PublicKey): string {
  const document = parseDocument(text ?? start);
  const found = document.get('keys');
  const keys = isSeq(found) ? found : new YAMLSeq();
  // Brackets on one line would become too long to review.
  keys.flow = false;
  const quoted = new Scalar(key);
  quoted.type = 'QUOTE_DOUBLE';
  keys.add(document.createNode({ name, key: quoted }));
  document.set('keys', keys);
  return document.toString({ lineWidth: 0 });
}
