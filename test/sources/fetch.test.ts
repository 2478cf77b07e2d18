import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import type { RunEvent } from '../../src/core/event.js';
import { PipelineError } from '../../src/core/problem.js';
import type { Download, LockedFile, SourceHost, VerifiedFile } from '../../src/core/source.js';
import { fetchFile, fileNameOf } from '../../src/sources/fetch.js';
import { pinPreimage } from '../../src/sources/pins.js';
import { openStore } from '../../src/store/store.js';
import { dropping, file, FileServer, redirect, stalling, status } from './server.js';

const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) >>> 5));
const sha256 = digestOf(bytes);
const md5 = createHash('md5').update(bytes).digest('hex');
/** As patient as users' downloads, except where a test waits for a server that sends nothing. */
const PATIENT = 30_000;
let stallMs: number;

let root: string;
let server: FileServer;
let events: RunEvent[];
let locked: Map<string, LockedFile>;
let host: SourceHost;

beforeEach(async () => {
  stallMs = PATIENT;
  root = await mkdtemp(join(tmpdir(), 'fetch-'));
  server = await new FileServer().start();
  events = [];
  locked = new Map();
  const store = await openStore(join(root, 'cache'), { onDamage: () => undefined, tool: 'test' });
  host = {
    offline: false,
    mirror: undefined,
    allowHttpLoopback: true,
    lock: {
      file: 'pets.lock.yaml',
      written: true,
      get: (url) => locked.get(url),
      set: (url, one) => Promise.resolve(void locked.set(url, one)),
    },
    store: store.sources,
    once: (_name, work) => work(),
  };
});
afterEach(async () => {
  await server.stop();
  await rm(root, { recursive: true, force: true });
});

function fetch(
  download: Download,
  change: Partial<SourceHost> = {},
  signal = new AbortController().signal,
): Promise<VerifiedFile> {
  const emit = (event: RunEvent) => void events.push(event);
  const note = (code: string, text: string) => emit({ event: 'note', code, text });
  const stage = { name: 'ingest', sources: { ...host, ...change }, emit, signal, note };
  return fetchFile(download, stage, { retries: 3, backoffMs: 1, stallMs });
}

async function refusal(download: Download, change: Partial<SourceHost> = {}): Promise<string> {
  const error: unknown = await fetch(download, change).then(
    () => 'taken',
    (thrown: unknown) => thrown,
  );
  return error instanceof PipelineError ? `${error.category}: ${error.problems[0].found}` : String(error);
}

const notes = () => events.flatMap((event) => (event.event === 'note' ? [event.code] : []));
const leftParts = async () =>
  (await readdir(join(root, 'cache/v1/tmp')).catch(() => [])).filter((name) => name.endsWith('.part'));

describe('a download', () => {
  test('is verified, locked, kept, and not asked for again', async () => {
    const url = server.on('/pets.zip', file(bytes));
    const first = await fetch({ url, sha256 });
    expect((await readFile(first.path)).equals(bytes)).toBe(true);
    expect(locked.get(url)).toEqual({ sha256, size: bytes.length });
    expect(events.filter(({ event }) => event === 'progress').at(-1)).toMatchObject({
      task: 'download',
      done: bytes.length,
      total: bytes.length,
    });
    expect((await fetch({ url })).path).toBe(first.path);
    expect(server.asked).toEqual(['/pets.zip']);
    expect(await leftParts()).toEqual([]);
  });

  test('pinned only by its size is accepted once, reported, and must match its sha256 from then on', async () => {
    const url = server.on('/pets.zip', file(bytes));
    expect(await refusal({ url })).toBe('invalid: this file is not pinned');
    expect(await refusal({ url, size: 10 })).toMatch(/^bad-data: has 300,000 bytes/);
    expect(locked.size).toBe(0);
    await fetch({ url, size: bytes.length });
    expect([notes().filter((code) => code === 'first-use'), locked.get(url)]).toEqual([
      ['first-use'],
      { sha256, size: bytes.length },
    ]);
    await rm(join(root, 'cache'), { recursive: true });
    const other = Buffer.from(bytes);
    other[0] ^= 1;
    server.on('/pets.zip', file(other));
    expect(await refusal({ url, size: bytes.length })).toMatch(/^bad-data: has the sha256 /);
  });

  test('of a stage changed on the command line is not reported as pinned', async () => {
    const url = server.on('/pets.zip', file(bytes));
    await fetch({ url, size: bytes.length }, { lock: { ...host.lock, written: false } });
    const note = events.findLast((event) => event.event === 'note');
    expect(note).toMatchObject({
      code: 'first-use',
      text: expect.stringMatching(
        /, which is not written to pets\.lock\.yaml because the stage was changed on the command line$/,
      ),
    });
  });

  test('of a base that the tool names needs no pin at all', async () => {
    const url = server.on('/mobilenet.h5', file(bytes));
    await fetch({ url, published: true });
    expect(locked.get(url)).toEqual({ sha256, size: bytes.length });
  });

  test('pinned by md5 and size is locked by its sha256, and found again by them', async () => {
    const url = server.on('/old.h5', file(bytes));
    await fetch({ url, md5, size: bytes.length });
    expect(locked.get(url)).toEqual({ sha256, size: bytes.length });
    locked.clear();
    await fetch({ url: `${server.origin}/elsewhere.h5`, md5, size: bytes.length });
    expect(server.asked).toEqual(['/old.h5']);
  });

  test('that was damaged in the store is fetched again', async () => {
    const url = server.on('/pets.zip', file(bytes));
    const { path } = await fetch({ url, sha256 });
    await writeFile(path, 'rot');
    expect((await readFile((await fetch({ url, sha256 })).path)).equals(bytes)).toBe(true);
    expect(server.asked).toHaveLength(2);
  });

  test('that breaks off continues where it was', async () => {
    const url = server.on('/pets.zip', dropping(bytes, 100_000), file(bytes));
    await fetch({ url, sha256 });
    expect(server.asked[0]).toBe('/pets.zip');
    expect(server.asked[1]).toMatch(/^\/pets.zip bytes=\d+-$/);
    expect(notes()).toEqual(['download', 'download-retry']);
  });

  test('that was interrupted continues in the next run', async () => {
    const url = server.on('/pets.zip', stalling(bytes, 100_000));
    stallMs = 150;
    expect(await refusal({ url, sha256 })).toBe('input-output: could not be downloaded: sent no data for 0.15 s');
    expect(server.asked).toHaveLength(4);
    expect(await leftParts()).toHaveLength(1);
    stallMs = PATIENT;
    server.on('/pets.zip', file(bytes));
    await fetch({ url, sha256 });
    expect(server.asked[4]).toMatch(/^\/pets.zip bytes=[1-9]\d*-$/);
    expect(await leftParts()).toEqual([]);
  });

  test('whose first part is of another file is fetched from the start', async () => {
    const url = server.on('/pets.zip', stalling(Buffer.alloc(bytes.length), 100_000));
    stallMs = 150;
    await refusal({ url, sha256 });
    stallMs = PATIENT;
    server.on('/pets.zip', file(bytes));
    expect((await readFile((await fetch({ url, sha256 })).path)).equals(bytes)).toBe(true);
  });

  test('from a server without ranges starts again', async () => {
    const whole = file(bytes);
    const url = server.on('/pets.zip', dropping(bytes, 100_000), (request, response) => {
      delete request.headers.range;
      whole(request, response);
    });
    expect((await readFile((await fetch({ url, sha256 })).path)).equals(bytes)).toBe(true);
  });

  test('that a person interrupts ends at once, and its part stays', async () => {
    const controller = new AbortController();
    const url = server.on('/pets.zip', (request, response) => {
      stalling(bytes, 100_000)(request, response);
      setTimeout(() => controller.abort(), 50);
    });
    await expect(fetch({ url, sha256 }, {}, controller.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.asked).toHaveLength(1);
    expect(await leftParts()).toHaveLength(1);
  });

  test('survives errors that pass', async () => {
    const url = server.on('/pets.zip', status(500), status(503), file(bytes));
    await fetch({ url, sha256 });
    expect(server.asked).toHaveLength(3);
  });
});

describe('refused are', () => {
  test('another file than the one that was pinned', async () => {
    const other = Buffer.from(bytes);
    other[5] ^= 1;
    const url = server.on('/pets.zip', file(other));
    expect(await refusal({ url, sha256 })).toBe(`bad-data: has the sha256 ${digestOf(other)}`);
    expect(await refusal({ url, md5, size: bytes.length })).toMatch(/^bad-data: has the md5 /);
    expect(locked.size).toBe(0);
    expect(await leftParts()).toEqual([]);
  });

  test('a length that lies', async () => {
    const url = server.on('/pets.zip', file(bytes));
    expect(await refusal({ url, md5, size: 10 })).toBe('bad-data: has 300,000 bytes');
    // In chunks nothing is announced, and what comes is counted.
    server.on('/pets.zip', (_request, response) => void response.writeHead(200).end(bytes));
    expect(await refusal({ url, md5, size: 1000 })).toBe('bad-data: sends more than 1,000 bytes');
    expect(await refusal({ url, md5, size: bytes.length + 1 })).toBe('bad-data: has 300,000 bytes');
  });

  test('a 404, without another try', async () => {
    expect(await refusal({ url: `${server.origin}/gone.zip`, sha256 })).toBe(
      'bad-data: the server answers 404 Not Found',
    );
    expect(server.asked).toHaveLength(1);
  });

  test('a server that is not there', async () => {
    const url = server.on('/pets.zip', file(bytes));
    await server.stop();
    expect(await refusal({ url, sha256 })).toMatch(/^input-output: could not be downloaded: connect ECONNREFUSED/);
    await server.start();
  });

  test('what nothing pins, or pipeline and lock file pin in two ways', async () => {
    const url = server.on('/pets.zip', file(bytes));
    expect(await refusal({ url })).toBe('invalid: this file is not pinned');
    expect(await refusal({ url, md5 })).toMatch(/^invalid: `md5` is given/);
    locked.set(url, { sha256: digestOf('other'), size: 5 });
    expect(await refusal({ url, sha256 })).toBe(
      `invalid: has the sha256 ${sha256} in the pipeline and ${digestOf('other')} in pets.lock.yaml`,
    );
    expect(server.asked).toEqual([]);
  });
});

describe('redirects', () => {
  test('are followed three times', async () => {
    server.on('/end.zip', file(bytes));
    server.on('/c', redirect('/end.zip'));
    server.on('/b', redirect(`${server.origin}/c`));
    const url = server.on('/a', redirect('/b'));
    expect((await fetch({ url, sha256 })).digest).toBe(sha256);
    const further = server.on('/z', redirect('/a'));
    expect(await refusal({ url: further, md5, size: 1 })).toBe('bad-data: redirects more than 3 times');
  });

  test.each([
    'https://10.0.0.1/x',
    'https://0x0a000001/x',
    'https://[fd00::1]/x',
    'http://example.com/x',
    'https://169.254.169.254/latest',
    'file:///etc/passwd',
    'ftp://example.com/x',
  ])('to %s are refused', async (location) => {
    const url = server.on('/a', redirect(location));
    expect(await refusal({ url, sha256 })).toMatch(/^unsafe: (is on a private network|uses (http|file|ftp))$/);
    expect(server.asked).toHaveLength(1);
  });
});

describe('without a network', () => {
  test('a missing file is named, with the place to put it', async () => {
    const error: unknown = await fetch(
      { url: 'https://example.com/data/pets%20all.zip', sha256 },
      { offline: true },
    ).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      category: 'bad-data',
      problems: [{ code: 'missing-offline', remedy: 'put pets all.zip there, or run once without --offline' }],
    });
  });

  test('the mirror folder has it under its name, held against the same pins', async () => {
    const mirror = root;
    const url = 'https://example.com/data/pets.zip';
    await writeFile(join(root, 'pets.zip'), 'other');
    expect(await refusal({ url, sha256 }, { mirror, offline: true })).toBe(
      `bad-data: has the sha256 ${digestOf('other')}`,
    );
    await writeFile(join(root, 'pets.zip'), bytes);
    expect((await fetch({ url, sha256 }, { mirror, offline: true })).digest).toBe(sha256);
    await rm(join(root, 'pets.zip'));
    expect((await fetch({ url }, { offline: true })).digest).toBe(sha256);
  });

  test('names of files come from the address, and lead nowhere else', () => {
    expect(fileNameOf('https://example.com/a/b.zip?x=/y')).toBe('b.zip');
    expect(fileNameOf('https://example.com/a/..%2f..%2fetc')).toBe('.._.._etc');
    expect(fileNameOf('https://example.com/')).toBe('download');
    expect(fileNameOf('https://example.com/%2e%2e%2f')).toBe('.._');
  });
});

test('a key holds what the pipeline pins, and the lock file only where it pins nothing', () => {
  const url = 'https://example.com/a';
  const exact = (preimage: object) => ({ preimage, provisional: false });
  expect(pinPreimage({ url, md5, size: 3 }, host.lock)).toEqual(exact({ md5, size: 3 }));
  expect(pinPreimage({ url, size: 3 }, host.lock)).toEqual({ preimage: { url, size: 3 }, provisional: true });
  locked.set(url, { sha256, size: 3 });
  expect(pinPreimage({ url, md5, size: 3 }, host.lock)).toEqual(exact({ md5, size: 3 }));
  expect(pinPreimage({ url, sha256 }, host.lock)).toEqual(exact({ sha256 }));
  expect(pinPreimage({ url, size: 3 }, host.lock)).toEqual(exact({ sha256 }));
  expect(pinPreimage({ url }, host.lock)).toEqual(exact({ sha256 }));
});
