import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { identityOf, nativeState, slowBackendNote, tfjsIdentity } from '../../../src/engine/tfjs/identity.js';
import { native } from './backends.js';

function version(name: string): string {
  const metadata = readFileSync(join(process.cwd(), 'node_modules', '@tensorflow', name, 'package.json'), 'utf8');
  return (JSON.parse(metadata) as { version: string }).version;
}

(native ? test.skip : test)('without tfjs-node it is wasm', () => {
  expect(tfjsIdentity()).toMatchObject({ name: 'tfjs', backend: 'wasm' });
});

(native ? test : test.skip)("with tfjs-node it is that, and the version names libtensorflow's release", () => {
  expect(tfjsIdentity()).toMatchObject({ name: 'tfjs', backend: 'node' });
  expect(identityOf('node').version).toMatch(
    new RegExp(`@tensorflow/tfjs-node ${version('tfjs-node')}, libtensorflow \\d+\\.\\d+\\.\\d+$`),
  );
});

test('the version names every package that has a part in the numbers', () => {
  const parts = ['tfjs-core', 'tfjs-layers', 'tfjs-backend-wasm'].map((name) => `@tensorflow/${name} ${version(name)}`);
  expect(identityOf('wasm').version).toBe(parts.join(', '));
});

test('tfjs-node is ready where its native part was built, and never from Node 23 on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tfjs-node-'));
  expect(nativeState(folder, '22.9.0')).toBe('not-built');
  await mkdir(join(folder, 'lib', 'napi-v8'), { recursive: true });
  expect(nativeState(folder, '22.9.0')).toBe('not-built');
  await writeFile(join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'), '');
  expect(nativeState(folder, '22.9.0')).toBe('ready');
  expect(nativeState(folder, '20.10.0')).toBe('ready');
  expect(nativeState(folder, '23.0.0')).toBe('node-too-new');
  expect(nativeState(folder, '24.1.0')).toBe('node-too-new');
  await rm(folder, { recursive: true });
});

test('a slower backend is reported, with the reason and the remedy', () => {
  expect(slowBackendNote('node')).toBeUndefined();
  const note = (state: Parameters<typeof slowBackendNote>[1]) => slowBackendNote('wasm', state)!;
  expect(note('not-installed')).toMatchObject({
    code: 'tfjs-on-wasm',
    text: expect.stringMatching(/not installed \(npm install @tensorflow\/tfjs-node.*ten times slower/),
  });
  expect(note('not-built').text).toMatch(/without its native part \(npm rebuild @tensorflow\/tfjs-node/);
  expect(note('node-too-new').text).toContain(
    `does not work on Node ${process.versions.node} (it needs Node 22 or older)`,
  );
});
