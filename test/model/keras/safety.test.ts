/** Files that say more than they hold, or lead elsewhere. Each is made by h5wasm itself, or is bytes of a good one, bent. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import h5wasm from 'h5wasm';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PipelineError } from '../../../src/core/problem.js';
import { Hdf5File } from '../../../src/model/keras/hdf5.js';
import { readModelFile } from '../../../src/model/read-model.js';
import { fixtureBytes } from './files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-hdf5-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Group = InstanceType<typeof h5wasm.Group>;

/** The bytes of an HDF5 file that `fill` makes, in the layout of weights of a layer `c`. */
async function made(fill: (file: Group, layer: Group) => void): Promise<Uint8Array> {
  const { FS } = await h5wasm.ready;
  const file = new h5wasm.File('/made.h5', 'w');
  file.create_attribute('layer_names', ['c']);
  const layer = file.create_group('c');
  layer.create_attribute('weight_names', ['c/kernel:0']);
  fill(file, layer);
  file.close();
  const bytes = FS.readFile('/made.h5');
  FS.unlink('/made.h5');
  return bytes;
}

async function refusal(bytes: Uint8Array, name = 'weights.h5'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  try {
    await readModelFile(path);
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    return `${error.category}: ${error.problems[0].found}`;
  }
  return 'read';
}

const numbers = Float32Array.of(1, 2, 3, 4);
const plain = (layer: Group, name = 'c/kernel:0') => {
  layer.create_group('c');
  layer.create_dataset({ name, data: numbers, shape: [1, 1, 2, 2] });
};

describe('HDF5 files', () => {
  test('a plain one is read', async () => {
    expect(await refusal(await made((_, layer) => plain(layer)))).toBe('read');
  });

  test('links are refused, wherever they lead', async () => {
    const soft = await made((file, layer) => {
      file.create_dataset({ name: 'elsewhere', data: numbers });
      layer.create_group('c');
      (layer.get('c') as Group).create_soft_link('/elsewhere', 'kernel:0');
    });
    expect(await refusal(soft)).toBe('unsafe: /c/c/kernel:0 is a link');
    const outside = await made((_, layer) => layer.create_external_link('/etc/passwd', '/', 'c'));
    expect(await refusal(outside)).toBe('unsafe: /c/c is a link');
  });

  test('the disk that a file is opened on holds nothing else', async () => {
    await made(() => undefined);
    const { FS } = await h5wasm.ready;
    expect(FS.analyzePath('/etc/passwd', false).exists).toBe(false);
    expect((FS.readdir('/') as string[]).filter((name) => name.endsWith('.h5'))).toEqual([]);
  });

  test('a compressed weight is refused', async () => {
    const packed = await made((_, layer) => {
      layer.create_group('c');
      layer.create_dataset({
        name: 'c/kernel:0',
        data: new Float32Array(4096),
        shape: [4096],
        chunks: [4096],
        compression: 'gzip',
      });
    });
    expect(await refusal(packed)).toBe('bad-data: /c/c/kernel:0 is compressed');
  });

  test('sizes beyond the file are refused before anything is allocated', async () => {
    const bytes = await made((_, layer) => {
      layer.create_group('c');
      layer
        .create_dataset({ name: 'c/kernel:0', data: numbers, shape: [4], maxshape: [null], chunks: [4] })
        .resize([2 ** 33]);
    });
    expect(bytes.length).toBeLessThan(10_000);
    expect(await refusal(bytes)).toBe('bad-data: /c/c/kernel:0 declares 34359738368 bytes, more than the file has');
  });

  test('one weight under many names counts as often', async () => {
    const names = Array.from({ length: 2000 }, (_, i) => `c/k${i}/kernel:0`);
    const bytes = await made((file, layer) => {
      layer.create_group('c');
      layer.create_dataset({ name: 'shared', data: new Float32Array(2 ** 16) });
      file.delete_attribute('layer_names');
      file.create_attribute(
        'layer_names',
        names.map((_, i) => `l${i}`),
      );
      names.forEach((_, i) => {
        const other = file.create_group(`l${i}`);
        other.create_attribute('weight_names', ['kernel:0']);
        other.create_hard_link('/c/shared', 'kernel:0');
      });
    });
    expect(await refusal(bytes)).toMatch(/^bad-data: .*more than the file has/);
  });

  test('numbers of another type are refused', async () => {
    const integers = await made((_, layer) => {
      layer.create_group('c');
      layer.create_dataset({ name: 'c/kernel:0', data: Int32Array.of(1, 2) });
    });
    expect(await refusal(integers)).toBe('bad-data: /c/c/kernel:0 does not contain float32 numbers');
  });

  test('weights of Theano are refused', async () => {
    const turned = await made((file, layer) => {
      file.create_attribute('backend', 'theano');
      plain(layer);
    });
    expect(await refusal(turned)).toMatch(/^bad-data: these weights are from Theano/);
  });

  test('what is listed must be there, under a name that says what it is', async () => {
    expect(await refusal(await made(() => undefined))).toBe('bad-data: /c/c/kernel:0 is missing');
    const unknown = await made((_, layer) => {
      layer.delete_attribute('weight_names');
      layer.create_attribute('weight_names', ['c/recurrent:0']);
    });
    expect(await refusal(unknown)).toBe('bad-data: the weight c/recurrent:0 has an unknown role');
  });

  test('a cut file is refused at any length', async () => {
    const whole = fixtureBytes('tiny-keras2.h5');
    for (let length = 8; length < whole.length; length += Math.ceil(whole.length / 23)) {
      expect(await refusal(whole.subarray(0, length))).toMatch(/^bad-data: the HDF5 file cannot be read/);
    }
  });

  test('a list of names that is cut into several attributes is put together', async () => {
    const bytes = await made((file) => {
      file.create_attribute('cut0', ['a', 'b']);
      file.create_attribute('cut1', ['c']);
    });
    const read = await Hdf5File.reading(bytes, 'x', (file) => [file.texts('', 'cut'), file.texts('', 'none')]);
    expect(read).toEqual([['a', 'b', 'c'], undefined]);
  });
});

describe('.keras files', () => {
  test('a cut one is refused', async () => {
    const whole = fixtureBytes('tiny-keras3.keras');
    expect(await refusal(whole.subarray(0, whole.length - 100), 'cut.keras')).toMatch(
      /^bad-data: the zip is damaged or cut off/,
    );
  });

  test('one with other files in it is refused by what is missing', async () => {
    const whole = fixtureBytes('tiny-keras3.keras');
    const renamed = Buffer.from(whole.toString('latin1').replaceAll('config.json', 'c0nfig.json'), 'latin1');
    expect(await refusal(renamed, 'renamed.keras')).toBe('bad-data: is a .keras file without its layers (config.json)');
  });

  test('two entries of one name are refused', async () => {
    const whole = fixtureBytes('tiny-keras3.keras');
    const end = Buffer.from(whole.subarray(whole.lastIndexOf(Buffer.from('PK\x05\x06'))));
    const directory = whole.subarray(end.readUInt32LE(16), end.readUInt32LE(16) + end.readUInt32LE(12));
    const from = directory.lastIndexOf(Buffer.from('PK\x01\x02'), directory.indexOf('config.json'));
    const entry = directory.subarray(from, directory.indexOf('config.json') + 'config.json'.length);
    for (const at of [8, 10]) end.writeUInt16LE(end.readUInt16LE(at) + 1, at);
    end.writeUInt32LE(directory.length + entry.length, 12);
    const twice = Buffer.concat([whole.subarray(0, end.readUInt32LE(16)), directory, entry, end]);
    expect(await refusal(twice, 'twice.keras')).toBe('bad-data: two entries of the zip are named config.json');
  });

  test('an entry that unpacks to another size than it says is refused', async () => {
    const bytes = Buffer.from(fixtureBytes('tiny-keras3.keras'));
    // The size in the directory at the end, 24 bytes into the entry of the weights.
    const entry = bytes.lastIndexOf(Buffer.from('PK\x01\x02'));
    bytes.writeUInt32LE(3 * 2 ** 30, entry + 24);
    expect(await refusal(bytes, 'huge.keras')).toMatch(/^bad-data: /);
    bytes.writeUInt32LE(17, entry + 24);
    expect(await refusal(bytes, 'short.keras')).toMatch(/^bad-data: /);
  });
});
