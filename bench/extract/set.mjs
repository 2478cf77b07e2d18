/** Sets of features in an empty store, as the stages open them, for the benches of extraction. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { featureSetKeyOf } from '../../dist/runner/action-key.js';
import { digestOf } from '../../dist/core/digest.js';
import { createOnnxEngine } from '../../dist/engine/onnx/index.js';
import { Features } from '../../dist/features/features.js';
import { readLayersModel } from '../../dist/model/layers-model/load.js';
import { openStore } from '../../dist/store/store.js';

/** A base from a TF.js layers-model under global average pooling, for images of one size. */
export async function pooledBase(path, size) {
  const { graph, weights } = await readLayersModel(path);
  const layers = graph.layers.map((layer) => (layer.kind === 'input' ? { ...layer, shape: [size, size, 3] } : layer));
  const last = layers.at(-1).name;
  layers.push({ kind: 'global_average_pooling2d', name: 'pool', inputs: [last], trainable: false });
  return { graph: { name: graph.name, layers }, weights };
}

/** Finds images by their content, as ingest does: paths below the root by digest. */
export function filesOf(root, names) {
  const paths = Object.fromEntries(names.map((name) => [digestOf(readFileSync(join(root, name))), [name]]));
  return { root, onBadImage: 'fail', paths };
}

/** Extracts all images into an empty store in `folder`. Resolves when all is on disk. */
export async function extract({ folder, root, files, base, size, featureLength, onProgress = () => undefined, ...as }) {
  const store = await openStore(folder, { tool: 'bench', onDamage: console.error });
  const opened = [];
  const host = {
    name: 'bench',
    settings: { featureType: 'float32' },
    counts: { extracted: 0, reused: 0 },
    signal: new AbortController().signal,
    emit: ({ done }) => onProgress(done),
    note: (_code, text) => console.error(text),
    measured: () => undefined,
    openFeatures: async (preimage, rowLength) => {
      opened.push(await store.openFeatures(featureSetKeyOf(preimage, host.settings), preimage, rowLength, 'float32'));
      return opened[0];
    },
  };
  const { image = { size: [size, size], interpolation: 'bilinear', orientation: 'exif' } } = as;
  const { preprocessing = { kind: 'mode', mode: 'tf' } } = as;
  const { identity: engine } = await createOnnxEngine();
  const features = await Features.open(host, {
    recipe: { image, preprocessing, variation: null, prefix: base.graph, weights: base.weights, engine },
    source: { openImages: () => Promise.resolve({ kind: 'folder', path: root }), files },
    featureShape: [featureLength],
    keep: true,
  });
  await features.ensure(Object.keys(files.paths), 0);
  await features.dispose();
  for (const set of opened) await set.close();
  return host.counts.extracted;
}
