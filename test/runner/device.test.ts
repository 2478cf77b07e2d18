/** How `engine.device` is resolved: by name, or by the last results. */
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { DeviceName } from '../../src/core/engine-choice.js';
import type { DeviceChoice } from '../../src/core/schema-types.js';
import * as find from '../../src/engine/device/find.js';

/** Adapters that are here, and the devices that were looked for. */
let here: Partial<Record<DeviceName, string>> = {};
let looked: string[] = [];
jest.unstable_mockModule('../../src/engine/device/find.js', () => ({
  ...find,
  bestDevice: async () => (here.webgpu === undefined ? undefined : find.backendOf('webgpu', here.webgpu)),
  findDevice: async (device: DeviceName): Promise<find.Found> => {
    looked.push(device);
    const adapter = here[device];
    return adapter === undefined ? { kind: 'refused', reason: 'not there' } : { kind: 'works', adapter };
  },
}));
const { lastBackend, resolveDevice } = await import('../../src/runner/device.js');

type Surroundings = Parameters<typeof resolveDevice>[1];

/** A session in which stages have results of these backends; `export` never uses the device. */
function surroundings(backends: Readonly<Record<string, string>> = {}) {
  const notes: string[] = [];
  const remembered = new Map<string, unknown>();
  const nodes = ['train', 'tune', 'evaluate', 'export'].map((name) => ({
    stage: { name },
    definition: name === 'export' ? {} : { onDevice: true },
  }));
  const environment = (name: string) => ({ engine: { name: 'onnx', backend: backends[name] } });
  const all = {
    graph: { nodes },
    checkout: {
      get: (name: string) =>
        backends[name] === undefined ? undefined : { preimage: { environment: environment(name) } },
    },
    facts: {
      recall: async (preimage: unknown) => remembered.get(JSON.stringify(preimage)),
      remember: async (preimage: unknown, value: unknown) => void remembered.set(JSON.stringify(preimage), value),
    },
    emit: (event: { text?: string }) => void notes.push(event.text!),
  };
  return { all: all as unknown as Surroundings, notes };
}

const asked = (name: DeviceChoice, fallback = true) => ({ engine: 'auto' as const, device: { name, fallback } });

beforeEach(() => {
  here = {};
  looked = [];
});

test('the processor is not looked for, nor is anything for TF.js', async () => {
  here = { webgpu: 'A10' };
  const { all, notes } = surroundings({ train: 'webgpu:A10' });
  expect(await resolveDevice(asked('cpu'), all)).toBeUndefined();
  expect(await resolveDevice({ ...asked('auto'), engine: 'tfjs' }, all)).toBeUndefined();
  expect([looked, notes]).toEqual([[], []]);
});

describe('a device that is asked for by name', () => {
  test('is used with its adapter, whatever the last results are from', async () => {
    here = { webgpu: 'A10' };
    const { all, notes } = surroundings({ train: 'cpu', evaluate: 'cpu' });
    expect(await resolveDevice(asked('webgpu', false), all)).toEqual({ backend: 'webgpu:A10', fallback: false });
    expect(notes).toEqual(['device: webgpu on A10']);
  });

  test('is looked for once, as long as nothing that decides the adapter changes', async () => {
    here = { webgpu: 'A10' };
    const { all } = surroundings();
    await resolveDevice(asked('webgpu'), all);
    await resolveDevice(asked('webgpu'), all);
    expect(looked).toEqual(['webgpu']);
  });

  test('is refused if it cannot be used here', async () => {
    await expect(resolveDevice(asked('cuda'), surroundings().all)).rejects.toMatchObject({
      category: 'invalid',
      problems: [{ code: 'device-unusable', found: 'cannot be used here: not there' }],
    });
  });
});

describe('auto', () => {
  test('takes the best device for a first run, or the processor', async () => {
    const { all, notes } = surroundings();
    expect(await resolveDevice(asked('auto'), all)).toBeUndefined();
    here = { webgpu: 'A10' };
    expect(await resolveDevice(asked('auto'), all)).toEqual({ backend: 'webgpu:A10', fallback: true });
    expect(notes).toEqual(['device: cpu, the best one here (auto)', 'device: webgpu on A10, the best one here (auto)']);
  });

  test('keeps the device of the last results, even if a better one is here', async () => {
    here = { webgpu: 'A10' };
    const onCpu = surroundings({ train: 'cpu', evaluate: 'cpu', export: 'cpu' });
    expect(await resolveDevice(asked('auto'), onCpu.all)).toBeUndefined();
    expect([onCpu.notes, looked]).toEqual([['device: cpu, as for the last results (auto)'], []]);
    const onDevice = surroundings({ train: 'webgpu:A10', export: 'cpu' });
    expect(await resolveDevice(asked('auto'), onDevice.all)).toEqual({ backend: 'webgpu:A10', fallback: true });
  });

  test('keeps an adapter that is not here, for plans; work needs the adapter', async () => {
    here = { webgpu: 'B20' };
    const { all } = surroundings({ train: 'webgpu:A10' });
    expect(await resolveDevice(asked('auto'), all)).toEqual({
      backend: 'webgpu:A10',
      fallback: true,
      missing: 'the adapter here is B20',
    });
  });

  test('takes the device of most stages, of two that of the later one', () => {
    const of = (backends: Record<string, string>) => {
      const { graph, checkout } = surroundings(backends).all;
      return lastBackend(graph, checkout);
    };
    expect(of({})).toBeUndefined();
    expect(of({ train: 'cpu', tune: 'cpu', evaluate: 'webgpu:A10' })).toBe('cpu');
    expect(of({ train: 'cpu', evaluate: 'webgpu:A10' })).toBe('webgpu:A10');
    expect(of({ train: 'webgpu:A10', tune: 'cpu', evaluate: 'webgpu:A10' })).toBe('webgpu:A10');
  });
});
