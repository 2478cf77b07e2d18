/** Several processes at one store, and processes that are killed: on the real disk, with the sources compiled for them first. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { transformSync } from '@swc/core';
import { digestOf, type ActionKey, type FeatureSetKey } from '../../src/core/digest.js';
import type { DamageNote } from '../../src/store/disk/files.js';
import { openStore, type Store } from '../../src/store/store.js';
import { namesIn, scratchFolder } from './scratch.js';

/** Waits for a line on stdin, then appends rows, puts blobs that all workers put and one of its own, and a record of both. */
const worker = `
import { digestOf } from './core/digest.js';
import { openStore } from './store/store.js';
const [root, who, count] = process.argv.slice(2);
const store = await openStore(root, { tool: who, onDamage: (note) => console.log('damage', JSON.stringify(note)) });
console.log('ready');
process.stdin.once('data', async () => {
  const set = await store.openFeatures(digestOf('set'), {}, 4, 'float32');
  for (let i = 0; i < Number(count); i++) {
    await set.append(digestOf('picture ' + i), 0, Float32Array.of(i, i, i, i));
    if (i % 64 > 0) continue;
    const shared = await store.putBlob(Buffer.alloc(50_000, 'shared ' + i));
    const own = await store.putBlob(Buffer.from(who + i));
    const record = await store.putRecord({ key: digestOf('key ' + i), preimage: i, outputs: { shared, own }, durationMs: 1 });
    console.log('record', i, record.outputs.own.digest);
  }
  await set.close();
  process.exit(0);
});
`;

let program: string;

beforeAll(() => {
  program = mkdtempSync(join(tmpdir(), 'store-program-'));
  for (const part of ['core', 'store']) {
    for (const name of readdirSync(join('src', part), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      mkdirSync(join(program, part, dirname(name)), { recursive: true });
      const { code } = transformSync(readFileSync(join('src', part, name), 'utf8'), {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
      });
      writeFileSync(join(program, part, name.replace(/\.ts$/, '.js')), code);
    }
  }
  writeFileSync(join(program, 'package.json'), '{"type":"module"}');
  writeFileSync(join(program, 'worker.js'), worker);
});

afterAll(() => rmSync(program, { recursive: true, force: true }));

interface Worker {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** Resolves when the worker has printed so many lines. */
  printed(count: number): Promise<void>;
}

function start(root: string, who: string, count: number): Worker {
  const command = [join(program, 'worker.js'), root, who, String(count)];
  const child = spawn(process.execPath, command, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  const printed = async (wanted: number) => {
    while (lines.length < wanted) await once(child.stdout, 'data');
  };
  return { process: child, lines, printed };
}

async function openHere(root: string): Promise<{ store: Store; notes: DamageNote[] }> {
  const notes: DamageNote[] = [];
  return { store: await openStore(root, { tool: 'test', onDamage: (note) => notes.push(note) }), notes };
}

/** How many of the first rows are there, each checked. */
async function rowsThere(store: Store, count: number): Promise<number> {
  const set = await store.openFeatures(digestOf('set') as string as FeatureSetKey, {}, 4, 'float32');
  const keys = Array.from({ length: count }, (_, i) => ({ digest: digestOf(`picture ${i}`), view: 0 }));
  const out = new Float32Array(count * 4);
  const missing = new Set(await set.readInto(keys, out));
  keys.forEach((_, i) => {
    if (!missing.has(i)) expect([...out.subarray(i * 4, i * 4 + 4)]).toEqual([i, i, i, i]);
  });
  await set.close();
  return count - missing.size;
}

async function checkRecord(store: Store, i: number): Promise<string | undefined> {
  const record = (await store.hit(digestOf(`key ${i}`) as string as ActionKey))?.record;
  if (record === undefined) return undefined;
  expect(await store.readBlob(record.outputs.shared)).toEqual(Buffer.alloc(50_000, `shared ${i}`));
  expect(String(await store.readBlob(record.outputs.own))).toBe(`${record.tool}${i}`);
  return record.outputs.own.digest;
}

test('two processes that write the same at once agree, and everything is there', async () => {
  const root = join(scratchFolder(), 'cache');
  const workers = [start(root, 'left', 640), start(root, 'right', 640)];
  await Promise.all(workers.map((one) => one.printed(1)));
  for (const one of workers) one.process.stdin?.write('go\n');
  const codes = await Promise.all(workers.map(async (one): Promise<unknown> => (await once(one.process, 'close'))[0]));
  expect(codes).toEqual([0, 0]);
  const [left, right] = workers.map(({ lines }) => lines);
  expect(left).toEqual(right); // each got the same winner of each record, and none found damage
  expect(left).toHaveLength(1 + 10);
  const { store, notes } = await openHere(root);
  for (let i = 0; i < 640; i += 64) expect(left).toContain(`record ${i} ${await checkRecord(store, i)}`);
  expect(await rowsThere(store, 640)).toBe(640);
  expect(notes).toEqual([]);
  expect(namesIn(root, 'v1', 'tmp')).toEqual([]);
});

test('a process that is killed leaves whole files, and whatever it reported was kept', async () => {
  const root = join(scratchFolder(), 'cache');
  for (let round = 0; round < 2; round++) {
    const one = start(root, `round ${round} `, 1_000_000);
    await one.printed(1);
    one.process.stdin?.write('go\n');
    await one.printed(1 + 8 * (round + 1));
    one.process.kill('SIGKILL');
    await once(one.process, 'close');
    const { store, notes } = await openHere(root);
    const reported = one.lines.filter((line) => line.startsWith('record')).length;
    for (let i = 0; i < reported; i++) await expect(checkRecord(store, i * 64)).resolves.toBeDefined();
    // Two packs of 256 rows may have been on their way.
    expect(await rowsThere(store, reported * 64)).toBeGreaterThanOrEqual((reported - 1) * 64 - 512);
    expect(notes).toEqual([]);
    expect(one.lines.filter((line) => line.startsWith('damage'))).toEqual([]);
  }
});
