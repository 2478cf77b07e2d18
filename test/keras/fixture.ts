/** What the scripts of tools/keras wrote down of Keras. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export function fixture<T>(name: string): T {
  return JSON.parse(gunzipSync(readFileSync(`test/fixtures/keras/${name}.json.gz`)).toString()) as T;
}
