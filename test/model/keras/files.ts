/** The files that tools/keras/h5_fixtures.py made, unpacked where a reader finds them. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const fixtures = 'test/fixtures/keras';

/** What Keras computed: three images of 8 x 8 x 3 and their classes, one row through two dense layers. */
export const expected = JSON.parse(readFileSync(join(fixtures, 'tiny.json'), 'utf8')) as {
  readonly pixels: number[];
  readonly outputs: number[];
  readonly row: { readonly input: number[]; readonly output: number[] };
};

export function fixtureBytes(name: string): Buffer {
  return gunzipSync(readFileSync(join(fixtures, `${name}.gz`)));
}

/** Writes a fixture into a folder and returns its path. */
export async function unpack(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, fixtureBytes(name));
  return path;
}
