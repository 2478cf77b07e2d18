/** `save_weights` of Keras 3: read where the architecture is built here, refused with what is missing where it is not. */
import { expect, test } from '@jest/globals';
import h5wasm from 'h5wasm';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { bases, type Architecture } from '../../src/model/bases/index.js';
import { mobilenetV2 } from '../../src/model/bases/mobilenet-v2.js';
import { initialWeights } from '../../src/model/initializers.js';
import { foldersOf } from '../../src/model/keras/layer-variables.js';
import { fitWeights } from '../../src/model/layers-model/fit.js';
import { readModelFile } from '../../src/model/read-model.js';
import type { Weights } from '../../src/model/tensor.js';
import { fixtureBytes } from '../model/keras/files.js';
import { projectWithBase } from './with-base.js';

interface Application {
  readonly topology: {
    readonly config: { readonly layers: readonly { readonly class_name: string; readonly name: string }[] };
  };
}

/** The layers that Keras itself wrote down, with the class and its number in the file. */
function kerasFolders(name: string): [layer: string, folder: string][] {
  const applications = JSON.parse(
    gunzipSync(readFileSync('test/fixtures/keras/applications.json.gz')).toString(),
  ) as Record<string, Application>;
  const snakes = new Map([
    ['Conv2D', 'conv2d'],
    ['DepthwiseConv2D', 'depthwise_conv2d'],
    ['BatchNormalization', 'batch_normalization'],
  ]);
  const counts = new Map<string, number>();
  return applications[name].topology.config.layers.flatMap(
    ({ class_name: className, name: layer }): [string, string][] => {
      const snake = snakes.get(className);
      if (snake === undefined) return [];
      const count = counts.get(snake) ?? 0;
      counts.set(snake, count + 1);
      return [[layer, count === 0 ? snake : `${snake}_${count}`]];
    },
  );
}

/** The weights of the narrowest MobileNetV2 in Keras 3's layout, below `root`. */
async function writeWeights(path: string, root: string): Promise<Weights> {
  const weights = initialWeights(mobilenetV2(0.35), 3);
  const { FS } = await h5wasm.ready;
  const file = new h5wasm.File('/keras3.h5', 'w');
  const made = new Set<string>();
  for (const [layer, folder] of kerasFolders('mobilenet_v2 0.35')) {
    const steps = `${root}/${folder}/vars`.split('/');
    steps.forEach((_, depth) => {
      const group = steps.slice(0, depth + 1).join('/');
      if (!made.has(group)) file.create_group(group);
      made.add(group);
    });
    const roles = ['kernel', 'depthwise_kernel', 'gamma', 'beta', 'moving_mean', 'moving_variance'];
    const own = roles.flatMap((role) => weights.get(`${layer}/${role}`) ?? []);
    own.forEach(({ data, shape }, i) =>
      file.create_dataset({ name: `${steps.join('/')}/${i}`, data, shape: [...shape] }),
    );
  }
  file.close();
  await writeFile(path, FS.readFile('/keras3.h5'));
  FS.unlink('/keras3.h5');
  return weights;
}

test.each(['vgg16', 'vgg19', 'resnet50', 'mobilenet_v2 1.4'])('%s: layers are counted as Keras counts them', (name) => {
  const [architecture, alpha] = name.split(' ');
  const network = bases[architecture as Architecture].build!(Number(alpha ?? 1));
  expect([...foldersOf(network)].sort()).toEqual(kerasFolders(name).sort());
});

test('a file for an architecture that is built here is read; without one, what is missing is reported', async () => {
  const project = await projectWithBase('architecture: mobilenet_v2\n    alpha: 0.35\n    weights: base.weights.h5', 2);
  try {
    const network = mobilenetV2(0.35);
    for (const root of ['layers', 'layers/functional/layers']) {
      const written = await writeWeights(project.path('base.weights.h5'), root);
      const { weights } = await readModelFile(project.path('base.weights.h5'), { network });
      expect([...fitWeights(network, weights, 'base')]).toEqual([...fitWeights(network, written, 'made')]);
    }
    const run = await project.command('run', 't.yaml', 'load-base');
    expect([run.code, run.stderr]).toEqual([
      0,
      expect.stringContaining('154 layers up to out_relu, 410,208 parameters'),
    ]);
    await writeFile(project.path('other.weights.h5'), fixtureBytes('nested-base-keras3.weights.h5'));
    const alone = '{architecture: layers_model, preprocessing: tf, weights: other.weights.h5}';
    const refused = await project.command('run', 't.yaml', 'load-base', '--set', `stages.load-base=${alone}`);
    expect([refused.code, refused.stderr]).toEqual([
      3,
      expect.stringMatching(
        /weights that Keras 3 saved without the layers[^]*model\.save\("base\.keras"\)`, or set `architecture`/,
      ),
    ]);
    const other = await project.command(
      'run',
      't.yaml',
      'load-base',
      '--set',
      'stages.load-base.weights=other.weights.h5',
    );
    expect([other.code, other.stderr.replace(/\s+/g, ' ')]).toEqual([
      3,
      expect.stringMatching(
        /^other\.weights\.h5: does not contain the weights of mobilenetv2_0\.35: it has more than 1 variable for layer `[^`]+` \(\/layers\/[^)]*\), not 1 expected: .* -> set `architecture` to the network of this file/,
      ),
    ]);
  } finally {
    await project.remove();
  }
});
