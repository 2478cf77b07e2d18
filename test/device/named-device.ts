/** The device that these tests run on, which `scripts/test-device.mjs` names, and the table of what they find. */
import { expect } from '@jest/globals';
import { appendFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { deviceNames, type DeviceName } from '../../src/core/engine-choice.js';

const { TEST_DEVICE, TEST_DEVICE_TABLE } = process.env;

/** Throws where the script did not start these tests: variables of Vulkan have to be there before the process starts. */
export function namedDevice(): DeviceName {
  const name = deviceNames.find((one) => one === TEST_DEVICE);
  if (name === undefined) throw new Error('run these tests by `npm run test:device -- NAME`');
  return name;
}

/** Adds a row to the table. */
export function found(check: string, result: string | number | boolean): void {
  const text = typeof result === 'boolean' ? (result ? 'yes' : 'no') : result;
  const cell = typeof text === 'number' ? text.toExponential(1) : text;
  if (TEST_DEVICE_TABLE === undefined) return;
  const { testPath } = expect.getState();
  appendFileSync(join(TEST_DEVICE_TABLE, `${basename(testPath!)}.md`), `| ${check} | ${cell} |\n`);
}
