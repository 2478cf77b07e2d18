/** The drawn pets that come with the tool, for projects of tests. */
import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const images = join(process.cwd(), 'examples', 'pets', 'pictures');

/** Copies `count` pets of each class, from number `first` on, into `folder/<class>`. */
export async function copyPets(folder: string, count: number, first = 0): Promise<void> {
  for (const name of ['cats', 'dogs']) {
    await mkdir(join(folder, name), { recursive: true });
    const files = (await readdir(join(images, name))).sort().slice(first, first + count);
    for (const file of files) await cp(join(images, name, file), join(folder, name, file));
  }
}
