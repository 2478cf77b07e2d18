/** Archives, networks and servers that are made to hurt, met through the command. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { fixtureBytes } from '../model/keras/files.js';
import { tarOf, zipOf } from '../sources/packing.js';
import { file, FileServer } from '../sources/server.js';
import { Sandbox } from './sandbox.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create({ PIPELINE_ALLOW_HTTP_LOOPBACK: '1' });
});
afterEach(() => sandbox.remove());

describe('an archive', () => {
  const zeros = Buffer.alloc(2 ** 26);
  const hostile: Readonly<Record<string, readonly [() => Uint8Array | Promise<Uint8Array>, number, RegExp]>> = {
    'that climbs': [() => zipOf([{ name: '../outside/evil.jpg', content: 'x' }]), 4, /leads out of the folder/],
    'that climbs, in a tar': [
      () => tarOf([{ name: 'cats/../../../outside/evil.jpg', content: 'x' }]),
      4,
      /leads out of the folder/,
    ],
    'with a path from the root': [() => zipOf([{ name: '/tmp/evil.jpg', content: 'x' }]), 4, /is an absolute path/],
    'with a link, and a file through it': [
      () =>
        tarOf([
          { name: 'cats', type: 'symlink', linkname: '../outside' },
          { name: 'cats/evil.jpg', content: 'x' },
        ]),
      4,
      /is a symlink|is a .*link/,
    ],
    'with a hard link': [
      () => tarOf([{ name: 'cats/a.jpg', type: 'link', linkname: '/etc/passwd' }]),
      4,
      /is a .*link/,
    ],
    'with a device': [() => tarOf([{ name: 'cats/a.jpg', type: 'character-device' }]), 4, /is a /],
    'that is a bomb': [
      () => zipOf([{ name: 'cats/a.jpg', content: zeros, deflate: true }]),
      4,
      /more than 200 times its size/,
    ],
    'that is a bomb in a tar.gz': [
      async () => gzipSync(await tarOf([{ name: 'cats/a.jpg', content: zeros }])),
      4,
      /more than 200 times its size/,
    ],
    'whose entries share their bytes': [
      () =>
        zipOf([
          { name: 'a/a.jpg', content: 'x' },
          { name: 'b/b.jpg', content: 'x', sameAs: 0 },
        ]),
      4,
      /overlaps with another entry/,
    ],
    'that lies about a size': [
      () => zipOf([{ name: 'a/a.jpg', content: 'x'.repeat(99), deflate: true, size: 9 }]),
      3,
      /is damaged/,
    ],
  };
  test.each(Object.entries(hostile))('%s', async (_, [make, code, words]) => {
    await sandbox.write('project/pets.zip', await make());
    await sandbox.refuses(code, words, 'ingest', '--set', 'stages.ingest.source=pets.zip');
  });
});

describe('a network', () => {
  const layer = (className: string, name: string, from: string, config: object) => ({
    class_name: className,
    name,
    config: { name, ...config },
    inbound_nodes: [[[from, 0, 0, {}]]],
  });
  const input = {
    class_name: 'InputLayer',
    name: 'x',
    config: { name: 'x', batch_input_shape: [null, null, null, 3] },
    inbound_nodes: [],
  };
  const chain = (count: number, className: string, config: object) =>
    Array.from({ length: count }, (_, i) => layer(className, `l${i}`, i === 0 ? 'x' : `l${i - 1}`, config));
  const nested = (levels: number): object => ({
    class_name: 'Sequential',
    config: {
      name: `m${levels}`,
      layers: levels === 0 ? [{ ...input, config: { ...input.config } }] : [nested(levels - 1)],
    },
  });
  /** A value that cannot be written by a function that calls itself takes its place. */
  const abyss = 'lists in lists';
  const written = (value: object) =>
    JSON.stringify(value).replace(`"${abyss}"`, `${'['.repeat(5000)}${']'.repeat(5000)}`);

  async function refusesNetwork(
    layers: readonly { readonly name: string }[] | object,
    words: RegExp,
    weights: readonly object[] = [],
  ): Promise<void> {
    const network = Array.isArray(layers)
      ? {
          class_name: 'Model',
          config: {
            name: 'm',
            layers: [input, ...(layers as object[])],
            input_layers: [['x', 0, 0]],
            output_layers: [[(layers.at(-1) as { name: string }).name, 0, 0]],
          },
        }
      : layers;
    await sandbox.write(
      'project/base/model.json',
      written({ modelTopology: network, weightsManifest: [{ paths: ['w.bin'], weights }] }),
    );
    await sandbox.write('project/base/w.bin', '');
    await sandbox.refuses(
      3,
      words,
      'load-base',
      '--set',
      'stages.load-base={architecture: layers_model, preprocessing: tf, weights: base}',
    );
  }

  test('that is far larger than its file', async () => {
    await refusesNetwork(
      [layer('Conv2D', 'c', 'x', { filters: 1e9, kernel_size: 1 })],
      /layer c outputs 50,176,000,000,000 numbers per image/,
    );
    await refusesNetwork(
      [layer('Conv2D', 'c', 'x', { filters: 2, kernel_size: 1e9 })],
      /layer c has a window, stride or padding of 1,000,000,000/,
    );
    await refusesNetwork(
      [layer('Conv2D', 'c', 'x', { filters: 2, kernel_size: 3, dilation_rate: 1e6 })],
      /layer c has a window/,
    );
    await refusesNetwork(
      [layer('MaxPooling2D', 'p', 'x', { pool_size: 2, strides: 1e7, padding: 'same' })],
      /layer p has a window/,
    );
    await refusesNetwork([layer('ZeroPadding2D', 'p', 'x', { padding: 1e7 })], /layer p has a window/);
    await refusesNetwork(chain(400, 'ZeroPadding2D', { padding: 1000 }), /numbers per image/);
    await refusesNetwork(
      [layer('DepthwiseConv2D', 'd', 'x', { kernel_size: 1, depth_multiplier: 1e12 })],
      /layer d outputs/,
    );
    await refusesNetwork([layer('Dense', 'd', 'x', { units: 1e15 })], /layer d outputs/);
    await refusesNetwork(
      chain(500, 'Conv2D', { filters: 2000, kernel_size: 101, padding: 'same' }),
      /weights|multiplications/,
    );
    await refusesNetwork(
      [{ ...input, name: 'big', config: { name: 'big', batch_input_shape: [null, 1e6, 1e6, 3] } }],
      /inputs|numbers per image|one input/,
    );
    // A weight of a size that the file does not have, though the network does not need it.
    await refusesNetwork([layer('ReLU', 'r', 'x', {})], /bytes/, [
      { name: 'a/kernel', shape: [50_000, 50_000], dtype: 'float32' },
    ]);
    await refusesNetwork([layer('Conv2D', 'c', 'x', { filters: 100, kernel_size: 30 })], /the weight is missing/);
  });

  test('of layers, models or values without end', async () => {
    await refusesNetwork(chain(20_000, 'ReLU', {}), /lists more than 10,000 layers/);
    await refusesNetwork(nested(40), /nested more than 16 levels/);
    await refusesNetwork(
      [{ ...layer('ReLU', 'r', 'x', {}), inbound_nodes: [{ args: abyss, kwargs: {} }] }],
      /nested too deep/,
    );
    await refusesNetwork([layer('ReLU', 'r', 'x', { negative_slope: abyss })], /negative_slope is/);
    await sandbox.write('project/base/model.json', `{"modelTopology": [${'{},'.repeat(3_000_000)}{}]}`);
    await sandbox.refuses(
      3,
      /more than 1,000,000 values/,
      'load-base',
      '--set',
      'stages.load-base={architecture: layers_model, preprocessing: tf, weights: base}',
    );
  });

  test('whose every layer reads the one before many times is read once', async () => {
    // As many paths as 2 to the power of 3,000.
    const doubling = Array.from({ length: 3000 }, (_, i) => ({
      ...layer('Add', `l${i}`, '', {}),
      inbound_nodes: [
        [
          [i === 0 ? 'x' : `l${i - 1}`, 0, 0, {}],
          [i === 0 ? 'x' : `l${i - 1}`, 0, 0, {}],
        ],
      ],
    }));
    const last = layer('GRU', 'last', 'l2999', {});
    await refusesNetwork([...doubling, last], /a layer of the class GRU/);
  });

  test('in a .keras file that unpacks to a thousand times its size', async () => {
    for (const [content, words] of [
      [Buffer.alloc(2 ** 26, '[{},'), /unpacks to 67108864 bytes/],
      [Buffer.from(`{"a": [${'{},'.repeat(4_000_000)}{}]}`), /more than 1,000,000 values/],
    ] as const) {
      await sandbox.write(
        'project/base.keras',
        zipOf([
          { name: 'config.json', content, deflate: true },
          { name: 'model.weights.h5', content: fixtureBytes('tiny-keras3.weights.h5'), deflate: true },
        ]),
      );
      await sandbox.refuses(
        3,
        words,
        'load-base',
        '--set',
        'stages.load-base={architecture: layers_model, preprocessing: tf, weights: base.keras}',
      );
    }
  });

  test('of an export: lists without end', async () => {
    await sandbox.write('project/model/model.json', '{}');
    await sandbox.write('project/model/preprocessing.json', '{}');
    await sandbox.write('project/model/classes.json', `[${'[],'.repeat(3_000_000)}[]]`);
    const { code, stderr } = await sandbox.command('predict', 'model', 'pictures');
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/classes\.json: has more than 1,000,000 values|no image|not there/),
    ]);
  });
});

test('an HDF5 file in which the library loops forever is given up', async () => {
  await sandbox.write('project/base.h5', fixtureBytes('circular.h5'));
  await sandbox.remember();
  const { code, stderr } = await sandbox.unbounded(
    'run',
    'pets.yaml',
    'load-base',
    '--set',
    'stages.load-base={architecture: vgg16, weights: base.h5}',
  );
  expect([code, stderr]).toEqual([3, expect.stringMatching(/base\.h5: reading it took more than 10 s/)]);
});

describe('a server', () => {
  let server: FileServer;
  beforeEach(async () => {
    server = await new FileServer().start();
  });
  afterEach(() => server.stop());

  const redirecting = (to: string) =>
    server.on('/start', (_, response) => response.writeHead(302, { location: to }).end());
  const sha256 = createHash('sha256').update('zip').digest('hex');
  const source = (url: string) => ['ingest', '--set', `stages.ingest.source={url: "${url}", sha256: ${sha256}}`];

  // Other places are in `sources/fetch`.
  test('that redirects to an inner network, to a file, or in a cycle', async () => {
    for (const to of [
      'http://169.254.169.254/latest/meta-data/',
      'file:///etc/passwd',
      'https://user:secret@example.com/',
    ]) {
      await sandbox.refuses(4, /->/, ...source(redirecting(to)));
    }
    await sandbox.refuses(
      3,
      /redirects more than 3 times/,
      ...source(server.on('/round', (_, response) => response.writeHead(302, { location: '/round' }).end())),
    );
  });

  test('with another file than the one that was pinned', async () => {
    await sandbox.refuses(3, /has the sha256/, ...source(server.on('/pets.zip', file(Buffer.from('another')))));
  });

  test('that sends without end, beyond the size that was pinned', async () => {
    const url = server.on('/endless', (_, response) => {
      response.writeHead(200);
      const push = (): void => {
        while (response.writable && response.write(Buffer.alloc(65536)));
        if (response.writable) response.once('drain', push);
      };
      push();
    });
    const md5 = createHash('md5').update('zip').digest('hex');
    await sandbox.refuses(
      3,
      /sends more than 1,000 bytes/,
      'ingest',
      '--set',
      `stages.ingest.source={url: "${url}", md5: ${md5}, size: 1000}`,
    );
  });
});
