/** Images and folders that are made to hurt. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { Sandbox } from './sandbox.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
  await sandbox.addPets(12);
});
afterEach(() => sandbox.remove());

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** A PNG that says its size; its data unpack to nothing but zeros, a thousand times as many as they are. */
function png(width: number, height: number, zeros: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const parts = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(zeros))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts]);
}

/** A GIF89a of many frames of one pixel. */
function gif(frames: number): Buffer {
  const frame = Buffer.from('21f90404000000002c0000000001000100000202440100', 'hex');
  return Buffer.concat([
    Buffer.from('47494638396101000100800000000000ffffff', 'hex'),
    ...Array<Buffer>(frames).fill(frame),
    Buffer.from(';'),
  ]);
}

describe('an image', () => {
  const xxe =
    '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&x;</text><image href="http://127.0.0.1:1/a.png"/></svg>';
  const hostile: Readonly<Record<string, readonly [() => Uint8Array | Promise<Uint8Array>, RegExp]>> = {
    'of 60,000 x 60,000 pixels': [() => png(60_000, 60_000, 2 ** 24), /has 60000x60000 pixels/],
    'that says it is of no pixels': [() => png(0, 32, 100), /0x32 pixels/],
    'that is an SVG with external entities': [() => Buffer.from(xxe), /is (an? )?SVG|is not an image/],
    'that says it is a WebP and holds text': [
      () => Buffer.from('RIFF\xff\xff\xff\xffWEBPVP8 once upon a time', 'latin1'),
      /evil\.png: /,
    ],
  };
  test.each(Object.entries(hostile))('%s', async (_, [make, words]) => {
    await sandbox.write('project/pictures/cats/evil.png', await make());
    await sandbox.refuses(3, words, 'ingest');
  });

  test('whose data unpack to far more than it says: no more is unpacked than it has pixels', async () => {
    await sandbox.write('project/pictures/cats/evil.png', png(32, 32, 2 ** 28));
    expect((await sandbox.command('run', 'pets.yaml', 'ingest')).code).toBe(0);
    expect((await sandbox.unbounded('run', 'pets.yaml', 'train', '--set', 'stages.train.epochs=1')).code).toBe(0);
  });

  test('GIF of 100,000 frames: the first one counts', async () => {
    await sandbox.write('project/pictures/cats/evil.gif', gif(100_000));
    expect((await sandbox.command('run', 'pets.yaml', 'ingest')).code).toBe(0);
    expect((await sandbox.unbounded('run', 'pets.yaml', 'train', '--set', 'stages.train.epochs=1')).code).toBe(0);
  });

  test('WebP of many frames: the first one counts', async () => {
    const frames = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        sharp({ create: { width: 64, height: 64, channels: 3, background: { r: 4 * i, g: 0, b: 0 } } })
          .png()
          .toBuffer(),
      ),
    );
    const animated = await sharp(frames, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer();
    await sandbox.write('project/pictures/cats/evil.webp', animated);
    const { code, stderr } = await sandbox.command('run', 'pets.yaml', 'ingest');
    expect([code, stderr]).toEqual([code, expect.stringMatching(/cats|evil/)]);
    expect([0, 3]).toContain(code);
  });

  test('of 130 MB is refused by its size, unread', async () => {
    await sandbox.write(
      'project/pictures/cats/evil.jpg',
      Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(130 * 2 ** 20)]),
    );
    await sandbox.refuses(3, /evil\.jpg: is larger than 128 MiB/, 'ingest');
  });
});

describe('in a folder of images', () => {
  test('a FIFO and a device are not read', async () => {
    execFileSync('mkfifo', [sandbox.path('pictures/cats/pipe.jpg')]);
    await symlink('/dev/zero', sandbox.path('pictures/cats/zero.jpg'));
    const { code, stderr } = await sandbox.command('run', 'pets.yaml', 'ingest');
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(
        /cats\/pipe\.jpg is a pipe, a socket or a device and is not read[^]*cats\/zero\.jpg is a pipe, a socket or a device and is not read/,
      ),
    ]);
  });

  test('a link that leads out shows nothing of what is there; one to a folder around it is not followed', async () => {
    await symlink('../../../outside/secret.txt', sandbox.path('pictures/cats/secret.jpg'));
    await symlink('..', sandbox.path('pictures/cats/round'));
    const { code, stderr } = await sandbox.command('run', 'pets.yaml', 'ingest');
    expect([code, stderr]).toEqual([3, expect.stringMatching(/cats\/secret\.jpg: is not an image \(it is text\)/)]);
    expect(stderr).not.toMatch(/nobody/);
  });

  test('folders within folders, thousands deep, end somewhere', async () => {
    const deep = Array<string>(900).fill('d').join('/');
    await mkdir(join(sandbox.path('pictures/cats'), deep), { recursive: true });
    const { code } = await sandbox.command('run', 'pets.yaml', 'ingest');
    expect([0, 3]).toContain(code);
  });
});
