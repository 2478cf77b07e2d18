/**
 * Runs `test/device` on a device of onnxruntime, and prints what it found as a table for docs/devices.md.
 *
 *     npm run test:device -- [webgpu | cuda | coreml | dml]
 *
 * Without a name, it is WebGPU on SwiftShader, a Vulkan driver that computes on the processor and is in Debian's Chromium.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Folders that may contain SwiftShader. */
const chromium = [process.env.CHROMIUM && dirname(process.env.CHROMIUM), '/usr/lib/chromium'].find(
  (folder) => folder !== undefined && existsSync(join(folder, 'vk_swiftshader_icd.json')),
);
const [name] = process.argv.slice(2);
if (name === undefined && chromium === undefined) {
  console.log("skipped: tests of devices need Debian's chromium, CHROMIUM=path, or the name of a device");
  process.exit(0);
}

// Variables that native libraries read when the process starts, or from the environment itself.
const variables = {
  ...(name === undefined && {
    VK_ICD_FILENAMES: join(chromium, 'vk_swiftshader_icd.json'),
    LD_LIBRARY_PATH: chromium,
  }),
  ...(name === 'cuda' && { NVIDIA_TF32_OVERRIDE: '0' }),
};
const folder = mkdtempSync(join(tmpdir(), 'pipeline-device-'));
const env = { ...process.env, ...variables, TEST_DEVICE: name ?? 'webgpu', TEST_DEVICE_TABLE: folder };
const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];
const { status } = spawnSync(process.execPath, [...jest, '-c', 'jest.device.config.mjs', '-i', '--forceExit'], {
  stdio: 'inherit',
  env,
});
const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json');
console.log(`\n| onnxruntime-node ${version}, ${process.platform}-${process.arch} | |\n| --- | --- |`);
for (const file of ['engine', 'commands'].map((suite) => join(folder, `${suite}.test.ts.md`)))
  if (existsSync(file)) console.log(readFileSync(file, 'utf8').trim());
rmSync(folder, { recursive: true });
process.exit(status ?? 1);
