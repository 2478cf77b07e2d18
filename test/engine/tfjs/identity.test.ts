import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { identityOf, slowBackendNote, tfjsIdentity } from '../../../src/engine/tfjs/identity.js';

function version(name: string): string {
  const metadata = readFileSync(join(process.cwd(), 'node_modules', '@tensorflow', name, 'package.json'), 'utf8');
  return (JSON.parse(metadata) as { version: string }).version;
}

/** The native backend is a peer that a developer may have installed. */
const native = !identityOf('node').version.endsWith('missing');

(native ? test.skip : test)('without tfjs-node it is wasm', () => {
  expect(tfjsIdentity()).toMatchObject({ name: 'tfjs', backend: 'wasm' });
});

test('the version names every package that has a part in the numbers', () => {
  const parts = ['tfjs-core', 'tfjs-layers', 'tfjs-backend-wasm'].map((name) => `@tensorflow/${name} ${version(name)}`);
  expect(identityOf('wasm').version).toBe(parts.join(', '));
});

test('a slower backend is told, with the reason and the remedy', () => {
  expect(slowBackendNote('node')).toBeUndefined();
  expect(slowBackendNote('wasm')).toMatchObject({
    code: 'tfjs-on-wasm',
    text: expect.stringMatching(/@tensorflow\/tfjs-node.*ten times slower/),
  });
});
