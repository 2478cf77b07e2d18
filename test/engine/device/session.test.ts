/** Sessions on a device, with a library that is made up. */
import { describe, expect, test } from '@jest/globals';
import { readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { openOnDevice, placementIn, sessionDeviceOf, type Session } from '../../../src/engine/onnx/device-session.js';
import type { InferenceSession, SessionOptions } from '../../../src/engine/onnx/runtime.js';

const kernel = (name: string, provider: string, operator = 'Conv') => ({
  cat: 'Node',
  name: `${name}_kernel_time`,
  args: { provider, op_name: operator },
});
const profile = JSON.stringify([
  { cat: 'Session', name: 'session_initialization' },
  kernel('a', 'WebGpuExecutionProvider'),
  kernel('b', 'CPUExecutionProvider', 'QuantizeLinear'),
  kernel('c', 'WebGpuExecutionProvider', 'MemcpyToHost'),
  { cat: 'Api', name: 'a&Conv' },
  kernel('d', 'WebGpuExecutionProvider'),
  // The shape of a tensor.
  {
    ...kernel('e', 'CPUExecutionProvider', 'Gather'),
    args: { provider: 'CPUExecutionProvider', op_name: 'Gather', output_type_shape: [{ int64: [4] }] },
  },
]);

test('operators on the CPU are counted, copies are not', () => {
  expect(placementIn(profile)).toEqual({ operators: 3, onCpu: 1, kinds: ['QuantizeLinear'] });
});

/** A library that keeps a list of what it does. */
function library(log: string[], name: string, fails = false) {
  let options: SessionOptions = {};
  const session = {
    inputNames: ['input'],
    inputMetadata: [],
    async run() {
      log.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (fails) throw new Error('[WebGPU] Device lost: reset');
      log.push(`${name} ends`);
      return {};
    },
    async release() {
      log.push(`${name} released`);
    },
    endProfiling: () => void log.push(`${name} counted`),
  };
  return {
    open: async (given: SessionOptions) => {
      options = given;
      // As the library does, when profiling ends.
      if (given.profileFilePrefix !== undefined) await writeFile(`${given.profileFilePrefix}_2026.json`, profile);
      return session as unknown as InferenceSession;
    },
    options: () => options,
  };
}

const device = { name: 'webgpu' } as const;
const leftOvers = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('pipeline-placement-'));

describe('sessions on a device', () => {
  test('run one at a time, whatever happens to one of them', async () => {
    const log: string[] = [];
    const sessions: Session[] = [];
    for (const [name, fails] of [
      ['a', false],
      ['b', true],
      ['c', false],
    ] as const)
      sessions.push(await openOnDevice(device, library(log, name, fails).open));
    const outcomes = await Promise.allSettled(sessions.map((session) => session.run({})));
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'c begins', 'c ends']);
    expect(outcomes[1]).toMatchObject({
      reason: {
        category: 'stage-failed',
        problems: [
          {
            code: 'device-failed',
            where: 'device webgpu',
            found: 'onnxruntime stopped computing the network on this device',
            remedy: expect.stringContaining('`--device cpu`'),
          },
        ],
      },
    });
  });

  test('are profiled for one run, which leaves nothing behind', async () => {
    const before = await leftOvers();
    const log: string[] = [];
    const placements: unknown[] = [];
    const { open, options } = library(log, 'a');
    const session = await openOnDevice({ ...device, onPlaced: (found) => placements.push(found) }, open);
    expect(options()).toMatchObject({ executionProviders: ['webgpu'], enableProfiling: true });
    await session.run({});
    await session.run({});
    expect(placements).toEqual([{ operators: 3, onCpu: 1, kinds: ['QuantizeLinear'] }]);
    expect(log.filter((line) => line === 'a counted')).toHaveLength(1);
    expect(await leftOvers()).toEqual(before);
    const unused = await openOnDevice({ ...device, onPlaced: () => undefined }, library(log, 'b').open);
    await unused.release();
    expect(await leftOvers()).toEqual(before);
  });

  test('that cannot be opened are refused in words', async () => {
    const before = await leftOvers();
    const message = 'Failed to get a WebGPU adapter';
    const refused = openOnDevice({ ...device, onPlaced: () => undefined }, () => Promise.reject(new Error(message)));
    await expect(refused).rejects.toMatchObject({
      problems: [{ code: 'device-failed', found: 'onnxruntime cannot open the network on this device' }],
      cause: { message },
    });
    expect(await leftOvers()).toEqual(before);
  });

  test('that compute in float16, which the device lacks, are refused with the way out', async () => {
    const message = 'GenerateSourceCode Program Transpose requires f16 but the device does not support it.';
    await expect(openOnDevice(device, () => Promise.reject(new Error(message)))).rejects.toMatchObject({
      problems: [{ code: 'device-lacks-float16', remedy: 'use the float32 file of this base, or `--device cpu`' }],
    });
  });

  test('with operators on the CPU are noted, or refused under `fallback: false`', async () => {
    const notes: string[] = [];
    for (const fallback of [true, false]) {
      const use = sessionDeviceOf({ backend: 'webgpu:A10', fallback }, (_code, text) => notes.push(text))!;
      const run = (await openOnDevice(use, library([], 'a').open)).run({});
      if (fallback) await run;
      else
        await expect(run).rejects.toMatchObject({
          category: 'invalid',
          problems: [
            { code: 'device-lacks-operators', found: `${notes[0]}, which \`fallback: false\` does not allow` },
          ],
        });
    }
    expect(notes).toEqual(['1 of 3 operators run on the CPU instead of webgpu on A10: QuantizeLinear']);
    expect(sessionDeviceOf({ backend: 'cpu', fallback: true }, () => undefined)).toBeUndefined();
  });
});
