import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digestOf, type ActionKey, type FeatureSetKey } from '../../../src/core/digest.js';
import type { TrustedKeys } from '../../../src/core/signing/envelope.js';
import { signerOf, type Signer } from '../../../src/core/signing/keys.js';
import type { Seals } from '../../../src/store/shared/remote.js';
import { ObjectStoreError } from '../../../src/object-store/object-store.js';
import { sealsOf } from '../../../src/store/shared/seals.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { scratchFolder } from '../scratch.js';
import { memoryStore, type MemoryStore } from './memory-store.js';

const key = digestOf('key') as string as ActionKey;
const set = digestOf('set') as string as FeatureSetKey;

interface Machine {
  readonly store: Store;
  readonly notes: string[];
}

interface Settings {
  readonly writes?: boolean;
  readonly trusted?: TrustedKeys;
  readonly signer?: Signer;
  readonly seals?: Seals;
  readonly folder?: string;
}

async function machine(
  objects: MemoryStore,
  {
    writes = true,
    trusted,
    signer,
    seals = sealsOf(trusted, signer),
    folder = join(scratchFolder(), 'cache'),
  }: Settings = {},
): Promise<Machine> {
  const notes: string[] = [];
  const note = (code: string, text: string): void => void notes.push(`${code}: ${text}`);
  const remote = { objects, writing: { state: writes ? 'on' : 'off' } as const, seals, trusted, note };
  const onDamage = ({ reason }: { reason: string }): void => void notes.push(`damage: ${reason}`);
  return { store: await openStore(folder, { onDamage, tool: '1.0.0', remote }), notes };
}

async function publish({ store }: Machine, text = 'result'): Promise<void> {
  const output = await store.putBlob(Buffer.from(text));
  await store.putRecord({ key, preimage: { a: 1 }, outputs: { output }, durationMs: 5 });
  await store.shared?.settle();
}

/** The text of the result of `key` on a machine, if it has or gets one. */
async function resultOn({ store }: Machine): Promise<string | undefined> {
  const hit = await store.hit(key);
  if (hit === undefined || !(await store.bring(hit))) return undefined;
  return String(await store.readBlob(hit.record.outputs.output));
}

describe('a result', () => {
  test('goes up blobs first, comes down on another machine, and is there without the network from then on', async () => {
    const objects = memoryStore();
    await publish(await machine(objects));
    const blob = `v1/blobs/${digestOf('result').slice(0, 2)}/${digestOf('result')}`;
    const record = `v1/records/${key.slice(0, 2)}/${key}.json`;
    expect(objects.asked.filter((one) => one.startsWith('put'))).toEqual([`put ${blob}`, `put ${record}`]);
    const second = await machine(objects);
    expect(await second.store.hit(key)).toMatchObject({ shared: {}, record: { tool: '1.0.0', preimage: { a: 1 } } });
    expect(await resultOn(second)).toBe('result');
    objects.asked.length = 0;
    expect(await second.store.hit(key)).toMatchObject({ record: { key } });
    expect((await second.store.hit(key))?.shared).toBeUndefined();
    expect(objects.asked).toEqual([]);
    expect(second.notes).toEqual([]);
  });

  test('whose blob is gone is a miss, and is whole again when it was computed again', async () => {
    const objects = memoryStore();
    await publish(await machine(objects));
    objects.objects.delete(`v1/blobs/${digestOf('result').slice(0, 2)}/${digestOf('result')}`);
    const second = await machine(objects);
    expect(await second.store.hit(key)).toBeUndefined();
    await publish(second);
    expect(await resultOn(await machine(objects))).toBe('result');
  });

  test('whose bytes are wrong is thrown away with one note', async () => {
    const objects = memoryStore();
    await publish(await machine(objects));
    const second = await machine(objects);
    objects.transform = (name, bytes) => (name.includes('/blobs/') ? Buffer.from('resulT') : bytes);
    expect(await resultOn(second)).toBeUndefined();
    expect(await resultOn(second)).toBeUndefined();
    expect(second.notes).toEqual([
      `shared-refused: v1/blobs/${digestOf('result').slice(0, 2)}/${digestOf('result')} in the shared cache is not used: its bytes do not match its name`,
    ]);
  });

  test('of another key under this name is refused', async () => {
    const objects = memoryStore();
    await publish(await machine(objects));
    const other = digestOf('other') as string as ActionKey;
    const record = objects.objects.get(`v1/records/${key.slice(0, 2)}/${key}.json`)!;
    objects.objects.set(`v1/records/${other.slice(0, 2)}/${other}.json`, record);
    const second = await machine(objects);
    expect(await second.store.hit(other)).toBeUndefined();
    expect(second.notes).toEqual([expect.stringContaining('it belongs to another key')]);
  });

  test('that differs from the shared one stays here, and the shared one stays there', async () => {
    const objects = memoryStore();
    await publish(await machine(objects), 'result');
    const second = await machine(objects);
    await publish(second, 'another');
    expect(second.notes).toEqual([expect.stringContaining('has another result for the same inputs')]);
    expect(await resultOn(await machine(objects))).toBe('result');
  });

  test('does not go up where only reading is allowed', async () => {
    const objects = memoryStore();
    await publish(await machine(objects, { writes: false }));
    expect([...objects.objects.keys()]).toEqual([]);
  });

  test('continues where the connection broke', async () => {
    const objects = memoryStore();
    const text = 'x'.repeat(100);
    await publish(await machine(objects), text);
    let broken = 0;
    objects.transform = (name, bytes) => {
      if (!name.includes('/blobs/') || broken === 2) return bytes;
      broken++;
      return bytes.subarray(0, 30);
    };
    expect(await resultOn(await machine(objects))).toBe(text);
    expect(broken).toBe(2);
  });
});

describe('signatures', () => {
  const seed = (byte: number) => signerOf(`ed25519-private:${Buffer.alloc(32, byte).toString('base64')}`)!;
  const [ci, stranger] = [seed(1), seed(2)];
  const trusted = new Map([[ci.publicKey, 'ci']]);

  test('of a trusted key count, with its name; others, and none, are a miss', async () => {
    for (const [signer, by] of [
      [ci, 'ci'],
      [stranger, undefined],
      [undefined, undefined],
    ] as const) {
      const objects = memoryStore();
      // The writer trusts itself.
      await publish(
        await machine(objects, { seals: sealsOf(signer && new Map([[signer.publicKey, 'writer']]), signer) }),
      );
      const reader = await machine(objects, { seals: sealsOf(trusted, undefined) });
      const hit = await reader.store.hit(key);
      expect(hit?.shared?.by).toBe(by);
      expect(reader.notes).toHaveLength(by === undefined ? 1 : 0);
    }
  });

  test('are needed to write where a trust file asks for them', async () => {
    const objects = memoryStore();
    await publish(await machine(objects, { seals: sealsOf(trusted, undefined) }));
    expect([...objects.objects.keys()]).toEqual([]);
  });

  test('of a key that is no longer trusted count no more, also for what came before, and nobody signs it again', async () => {
    const objects = memoryStore();
    const writer = await machine(objects, { trusted, signer: ci });
    await publish(writer);
    await addRows(writer, 0, 3);
    const folder = join(scratchFolder(), 'cache');
    const both = new Map([...trusted, [stranger.publicKey, 'other']]);
    const before = await machine(objects, { trusted: both, signer: stranger, folder });
    expect(await resultOn(before)).toBe('result');
    expect(await rowsOn(before, 3)).toEqual([0, 1, 2]);
    // It comes to another place with the signature that it had.
    const elsewhere = memoryStore();
    const copying = await machine(elsewhere, { trusted: both, signer: stranger, folder });
    await copying.store.shared!.push((await copying.store.getRecord(key))!);
    await copying.store.shared!.settle();
    expect((await (await machine(elsewhere, { trusted })).store.hit(key))?.shared?.by).toBe('ci');
    const onlyOther = new Map([[stranger.publicKey, 'other']]);
    const nowhere = memoryStore();
    const after = await machine(nowhere, { trusted: onlyOther, signer: stranger, folder });
    expect(await after.store.hit(key)).toBeUndefined();
    expect(await rowsOn(after, 3)).toEqual([undefined, undefined, undefined]);
    await after.store.shared!.push((await after.store.getRecord(key))!);
    await after.store.shared!.settle();
    expect([...nowhere.objects.keys()]).toEqual([]);
  });

  test('cover the rows of packs', async () => {
    const objects = memoryStore();
    await addRows(await machine(objects, { seals: sealsOf(new Map([[stranger.publicKey, 'me']]), stranger) }), 0, 3);
    const reader = await machine(objects, { seals: sealsOf(trusted, undefined) });
    expect(await rowsOn(reader, 3)).toEqual([undefined, undefined, undefined]);
    expect(reader.notes).toEqual([expect.stringContaining('a key that pipeline.trust.yaml does not name')]);
  });
});

async function addRows({ store }: Machine, from: number, to: number): Promise<void> {
  const features = await store.openFeatures(set, null, 2, 'float32');
  for (let i = from; i < to; i++) await features.append(digestOf(`image ${i}`), 0, Float32Array.of(i, -i));
  await features.close();
  await store.shared?.settle();
}

/** What a machine finds of the first rows. */
async function rowsOn({ store }: Machine, count: number): Promise<(number | undefined)[]> {
  const features = await store.openFeatures(set, null, 2, 'float32');
  await features.lookElsewhere();
  const keys = Array.from({ length: count }, (_, i) => ({ digest: digestOf(`image ${i}`), view: 0 }));
  const out = new Float32Array(count * 2);
  const missing = new Set(await features.readInto(keys, out));
  for (const i of keys.keys()) if (!missing.has(i)) expect(out[i * 2 + 1]).toBe(-i);
  await features.close();
  return keys.map((_, i) => (missing.has(i) ? undefined : out[i * 2]));
}

describe('features', () => {
  test('are the union of what several machines have made, and packs that are not needed stay there', async () => {
    const objects = memoryStore();
    await addRows(await machine(objects), 0, 3);
    await addRows(await machine(objects), 3, 6);
    const reader = await machine(objects);
    objects.asked.length = 0;
    expect(await rowsOn(reader, 2)).toEqual([0, 1]);
    expect(objects.asked.filter((one) => one.startsWith('get v1/packs/'))).toHaveLength(1);
    expect(await rowsOn(reader, 6)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(objects.asked.filter((one) => one.startsWith('get v1/packs/'))).toHaveLength(2);
  });

  test('that are all here cost no request', async () => {
    const objects = memoryStore();
    const only = await machine(objects);
    await addRows(only, 0, 3);
    objects.asked.length = 0;
    const features = await only.store.openFeatures(set, null, 2, 'float32');
    expect(features.has(digestOf('image 2'), 0)).toBe(true);
    await features.close();
    expect(objects.asked).toEqual([]);
  });

  test('of a pack that is gone or wrong are missing', async () => {
    const objects = memoryStore();
    await addRows(await machine(objects), 0, 3);
    const [pack] = [...objects.objects.keys()].filter((name) => name.startsWith('v1/packs/'));
    objects.transform = (name, bytes) => (name === pack ? Buffer.concat([bytes.subarray(0, -1), Buffer.of(0)]) : bytes);
    const reader = await machine(objects);
    expect(await rowsOn(reader, 3)).toEqual([undefined, undefined, undefined]);
    expect(reader.notes).toEqual([expect.stringContaining('its bytes do not match its name')]);
    objects.transform = (_, bytes) => bytes;
    objects.objects.delete(pack);
    expect(await rowsOn(await machine(objects), 3)).toEqual([undefined, undefined, undefined]);
  });
});

test('whatever a place does, what is found is right', async () => {
  const fault = fc.constantFrom('none', 'missing', 'flip', 'cut', 'unreachable', 'swap', 'garbage');
  await fc.assert(
    fc.asyncProperty(fc.array(fault, { minLength: 12, maxLength: 40 }), async (faults) => {
      const objects = memoryStore();
      const writer = await machine(objects);
      await publish(writer);
      await addRows(writer, 0, 5);
      const names = [...objects.objects.keys()];
      let turn = 0;
      const next = () => faults[turn++ % faults.length];
      objects.before = (_, name) => {
        const now = next();
        if (now === 'unreachable') throw new ObjectStoreError('unreachable', 'no answer');
        if (now === 'missing') objects.objects.delete(name);
      };
      objects.transform = (_, bytes) => {
        const now = next();
        if (now === 'flip' && bytes.length > 0) {
          const flipped = Buffer.from(bytes);
          flipped[turn % flipped.length] ^= 1 << (turn % 8);
          return flipped;
        }
        if (now === 'cut') return bytes.subarray(0, bytes.length / 2);
        if (now === 'swap') return objects.objects.get(names[turn % names.length]) ?? bytes;
        return now === 'garbage' ? Buffer.from('{"value": 1}') : bytes;
      };
      const reader = await machine(objects);
      expect([undefined, 'result']).toContain(await resultOn(reader));
      for (const [i, row] of (await rowsOn(reader, 5)).entries()) expect([undefined, i]).toContain(row);
      // What it computes itself is shared or not, without a failure.
      objects.transform = (_, bytes) => bytes;
      await addRows(reader, 5, 6);
    }),
    { numRuns: 60 },
  );
});
