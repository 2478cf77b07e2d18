/** Names of objects as paths below a folder or a URL. */
import { ObjectStoreError } from './object-store.js';

/** The parts of a name. Throws for one that could lead elsewhere, or that no file can have. */
export function partsOf(name: string, address: string): readonly string[] {
  const parts = name.split('/');
  const bad = parts.some((part) => part === '' || part === '.' || part === '..' || /[\0\\]/.test(part));
  if (!bad && !/\p{Surrogate}/u.test(name)) return parts;
  throw new ObjectStoreError('failed', `${address}: ${JSON.stringify(name)} cannot be the name of a file`);
}
