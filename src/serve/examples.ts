/**
 * Example images for the page: the probe images that `export` wrote beside the model, with their labels and scores. They
 * are sent from the model's folder to this server's page; `probe_pictures: false` exports none.
 */
import { join } from 'node:path';
import { digestOf, type Digest } from '../core/digest.js';
import { isProbePath, isNumbers, readProbeImage, readProbeList } from '../predict/probes.js';
import type { ServedModel } from './served-model.js';

const MOST = 8;

export interface Example {
  /** Of the file. */
  readonly path: string;
  readonly digest: Digest;
  /** Its path in the folder and below the server's root, such as `probes/0.png`. */
  readonly picture: string;
  /** The classes that it is labeled with. */
  readonly labels: readonly string[];
  /** The scores that the model must give for its pixels, in the order of the classes. */
  readonly scores: readonly number[];
}

/** Reads the images that belong to a model's classes and have its size. A folder without them has no examples. */
export async function readExamples({ folder, facts }: Pick<ServedModel, 'folder' | 'facts'>): Promise<Example[]> {
  const { classes, image } = facts;
  const rows = await readProbeList(folder, MOST).catch(() => []);
  const examples = rows.map(
    async ({ picture, class: label, classes: several = [label], scores }): Promise<Example[]> => {
      const labels = Array.isArray(several) ? classes.filter((name) => several.includes(name)) : [];
      if (!isProbePath(picture) || !Array.isArray(several) || labels.length !== several.length) return [];
      if (!isNumbers(scores, classes.length)) return [];
      const bytes = await readProbeImage(picture, { folder, size: image.size }).catch(() => undefined);
      if (bytes === undefined) return [];
      return [{ path: join(folder, picture), digest: digestOf(bytes), picture, labels, scores }];
    },
  );
  return (await Promise.all(examples)).flat();
}
