/** Owners if no `/proc` shows boots and processes, as on macOS and Windows. */
import { expect, jest, test } from '@jest/globals';
import * as fs from 'node:fs';
import * as os from 'node:os';

let machine = 'one-machine.local';
const without =
  <Arguments extends readonly unknown[], Result>(read: (...all: Arguments) => Result) =>
  (...all: Arguments): Result => {
    if (String(all[0]).startsWith('/proc/')) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return read(...all);
  };
jest.unstable_mockModule('node:fs', () => ({
  ...fs,
  readFileSync: without(fs.readFileSync),
  readlinkSync: without(fs.readlinkSync),
}));
jest.unstable_mockModule('node:os', () => ({ ...os, hostname: () => machine }));

/** A process of a machine with this name. */
async function processOf(name: string): Promise<typeof import('../../../src/store/disk/owner.js')> {
  machine = name;
  jest.resetModules();
  return import('../../../src/store/disk/owner.js');
}

test('a process of another machine that shares the store counts as one that cannot be asked', async () => {
  const one = (await processOf('one-machine.local')).owner();
  const other = await processOf('other-machine.local');
  expect(other.livenessOf(one)).toBe('elsewhere');
  expect(other.livenessOf(one.replace(String(process.pid), String(2 ** 30)))).toBe('elsewhere');
  const again = await processOf('one-machine.local');
  expect(again.owner()).toBe(one);
  expect(again.livenessOf(`${one}-0123`)).toBe('alive');
  expect(again.livenessOf(one.replace(String(process.pid), String(2 ** 30)))).toBe('dead');
  expect(one).toMatch(/^[0-9a-f]{8}-0-\d+-0$/);
});
