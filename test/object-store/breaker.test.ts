import { expect, test } from '@jest/globals';
import { guardedStore, type Guarding } from '../../src/object-store/breaker.js';
import { ObjectStoreError, type ObjectStore } from '../../src/object-store/object-store.js';
import { contentOf, pagesOf, textAt } from './contents.js';

/** A place whose operations do what the test sets, and which counts them. */
class Place {
  calls = 0;
  does: 'works' | 'lacks' | 'fails' | 'breaks' = 'works';
  private waiting: (() => void)[] = [];
  private held = false;

  readonly store: ObjectStore = {
    address: 's3://team',
    get: async () => {
      await this.answer();
      if (this.does === 'lacks') return undefined;
      return { size: 2, from: 0, chunks: this.chunks() };
    },
    put: () => this.answer(),
    head: async () => {
      await this.answer();
      return this.does === 'lacks' ? undefined : { size: 2 };
    },
    list: async function* (this: Place) {
      await this.answer();
      yield [{ name: 'a', size: 2 }];
      if (this.does === 'breaks') throw broken();
    }.bind(this),
    remove: () => this.answer(),
  };

  /** Lets operations wait until they are released together. */
  hold(): () => void {
    this.held = true;
    return () => {
      this.held = false;
      this.waiting.splice(0).forEach((go) => go());
    };
  }

  private async answer(): Promise<void> {
    this.calls += 1;
    if (this.held) await new Promise<void>((go) => this.waiting.push(go));
    if (this.does === 'fails') throw broken();
  }

  private async *chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('o');
    if (this.does === 'breaks') throw broken();
    yield Buffer.from('k');
  }
}

const broken = (): Error => new ObjectStoreError('unreachable', 's3://team: nothing listens there');
const refused = { kind: 'unreachable', message: 's3://team: nothing listens there' };

function rig(more: Partial<Guarding> = {}) {
  const place = new Place();
  const reports: unknown[] = [];
  const store = guardedStore(place.store, { onOff: (...report) => reports.push(report), ...more });
  return { place, store, reports };
}

const off = (direction: string): unknown[] => [direction, 's3://team: nothing listens there', 'unreachable'];

test('three failures in a row turn reading off, are reported once, and leave writing on', async () => {
  const { place, store, reports } = rig();
  place.does = 'fails';
  await expect(store.get('a')).rejects.toMatchObject(refused);
  await expect(store.head('a')).rejects.toMatchObject(refused);
  expect(reports).toEqual([]);
  await expect(pagesOf(store, '')).rejects.toMatchObject(refused);
  expect(reports).toEqual([off('read')]);
  place.does = 'works';
  for (let times = 0; times < 5; times++) {
    await expect(store.get('a')).rejects.toMatchObject(refused);
    await expect(pagesOf(store, '')).rejects.toMatchObject(refused);
  }
  expect(place.calls).toBe(3);
  await store.put('a', contentOf('ok'));
  expect(place.calls).toBe(4);
  expect(reports).toEqual([off('read')]);
});

test('a direction that is off is tried once in a while, if that is asked for, until it works again', async () => {
  let now = 0;
  const back: string[] = [];
  const { place, store, reports } = rig({ retryMs: 100, now: () => now, onBack: (direction) => back.push(direction) });
  place.does = 'fails';
  for (let times = 0; times < 3; times++) await expect(store.get('a')).rejects.toMatchObject(refused);
  expect([store.isRead(), reports]).toEqual([false, [off('read')]]);
  now = 99;
  await expect(store.get('a')).rejects.toMatchObject(refused);
  expect(place.calls).toBe(3);
  now = 100;
  await expect(store.get('a')).rejects.toMatchObject(refused);
  await expect(store.get('a')).rejects.toMatchObject(refused);
  expect(place.calls).toBe(4);
  place.does = 'works';
  now = 199;
  await expect(store.get('a')).rejects.toMatchObject(refused);
  now = 200;
  expect(await textAt(store, 'a')).toBe('ok');
  expect(await textAt(store, 'a')).toBe('ok');
  expect([store.isRead(), back, reports]).toEqual([true, ['read'], [off('read')]]);
  place.does = 'fails';
  for (let times = 0; times < 4; times++) await expect(store.get('a')).rejects.toMatchObject(refused);
  expect(reports).toEqual([off('read'), off('read')]);
});

test('a success that began before a direction was turned off does not turn it on', async () => {
  const { place, store, reports } = rig({ retryMs: 100, now: () => 0 });
  const release = place.hold();
  const early = store.head('a');
  place.store.head = () => Promise.reject(broken());
  for (let times = 0; times < 3; times++) await expect(store.head('b')).rejects.toMatchObject(refused);
  release();
  await early;
  expect([store.isRead(), reports]).toEqual([false, [off('read')]]);
});

test('writing is turned off by itself', async () => {
  const { place, store, reports } = rig();
  place.does = 'fails';
  await expect(store.put('a', contentOf('ok'))).rejects.toMatchObject(refused);
  await expect(store.remove('a')).rejects.toMatchObject(refused);
  await expect(store.put('a', contentOf('ok'))).rejects.toMatchObject(refused);
  expect(reports).toEqual([off('write')]);
  place.does = 'works';
  await expect(store.put('a', contentOf('ok'))).rejects.toMatchObject(refused);
  expect(await textAt(store, 'a')).toBe('ok');
});

test('a success or a missing object between failures starts the count again', async () => {
  const { place, store, reports } = rig();
  for (const between of ['works', 'lacks', 'works', 'lacks'] as const) {
    place.does = 'fails';
    await expect(store.head('a')).rejects.toMatchObject(refused);
    await expect(store.head('a')).rejects.toMatchObject(refused);
    place.does = between;
    await textAt(store, 'a');
  }
  expect(reports).toEqual([]);
});

test('bodies and lists that break count, though their operation had begun well', async () => {
  const { place, store, reports } = rig();
  place.does = 'breaks';
  await expect(textAt(store, 'a')).rejects.toMatchObject(refused);
  await expect(pagesOf(store, '')).rejects.toMatchObject(refused);
  expect(reports).toEqual([]);
  await expect(textAt(store, 'a')).rejects.toMatchObject(refused);
  expect(reports).toEqual([off('read')]);
});

test('operations that run at the same time and fail together are one failure', async () => {
  const { place, store, reports } = rig();
  place.does = 'fails';
  for (let times = 1; times <= 3; times++) {
    const release = place.hold();
    const together = Array.from({ length: 8 }, () => store.get('a').catch(() => undefined));
    expect(reports).toEqual([]);
    release();
    await Promise.all(together);
    expect(place.calls).toBe(8 * times);
  }
  expect(reports).toEqual([off('read')]);
});

test('neither an abort nor content that cannot be read is a failure of the place', async () => {
  const { place, store, reports } = rig();
  place.store.put = () => Promise.reject(Object.assign(new Error('the disk is gone'), { code: 'EIO' }));
  for (let times = 0; times < 5; times++)
    await expect(store.put('a', contentOf('ok'))).rejects.toThrow('the disk is gone');
  expect(reports).toEqual([]);
});
