/** A project over the small photographs of ../shared, with a trained pipeline, for the benches of large folders. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { child, cli } from '../lib.mjs';

/**
 * Unpacks the archive below `folder`: 200 classes with 500 images each under train/, 50 under validation/. Some dozens
 * of the images are there under two labels, which a pipeline refuses; only the first of those stays.
 */
export function unpack(shared, folder) {
  execFileSync('tar', ['xzf', join(shared, 'data', 'imagenet32.tar.gz'), '-C', folder]);
  const root = join(folder, 'imagenet32');
  const seen = new Set();
  for (const name of readdirSync(root, { recursive: true }).filter((path) => path.endsWith('.JPEG'))) {
    const digest = createHash('sha256')
      .update(readFileSync(join(root, name)))
      .digest('hex');
    if (seen.has(digest)) rmSync(join(root, name));
    seen.add(digest);
  }
  return root;
}

/** Copies the first `count` classes of the unpacked archive, 500 images each, into a folder of classes. */
export function someClasses(unpacked, target, count) {
  const names = readdirSync(join(unpacked, 'train')).sort().slice(0, count);
  for (const name of names) cpSync(join(unpacked, 'train', name), join(target, name), { recursive: true });
}

/**
 * Writes a pipeline over `pictures` into a project folder and runs it once, or just some of its stages; gives the last
 * event. Before that it waits until the files count as settled.
 */
export async function trainedProject(root, pictures, { split = 'split: {validation: 0.1}', stages = [] } = {}) {
  mkdirSync(root, { recursive: true });
  const text = `version: 1
seed: 1
stages:
  ingest:
    source: ${pictures}
    image: {size: [32, 32]}
    ${split}
  load-base:
    architecture: compact32
  freeze: {layers: all}
  build-head:
    layers: [global_average_pooling, classifier]
  train:
    batch_size: 256
    epochs: 1
  evaluate: {}
  export:
    to: models/it
`;
  writeFileSync(join(root, 'it.yaml'), text);
  await new Promise((resolve) => setTimeout(resolve, 2500)); // files that have just changed are not believed
  const { stdout } = await child(process.execPath, [cli, 'run', 'it.yaml', ...stages, '--json'], { cwd: root });
  return JSON.parse(stdout.trim().split('\n').at(-1));
}
