/** JSON files that this tool keeps in a project. They may have come with the project, from a stranger. */
import { parseJson, type Guard } from './guards.js';
import { readRegular } from './regular-file.js';

/** A pipeline of 10,000 stages has a tenth of that. */
const LARGEST = 64 * 2 ** 20;

/** The text of such a file; empty if it is missing, is not a file, or is larger than any that this tool writes. */
export async function readOwnText(path: string): Promise<string> {
  return readRegular(path, { limit: LARGEST }).then(String, () => '');
}

/** The content of such a file; undefined if it is anything else. */
export async function readOwnJson<Value>(path: string, isValue: Guard<Value>): Promise<Value | undefined> {
  return parseJson(await readOwnText(path), isValue);
}
