/** Runs the tests of both engines, and a whole pipeline, on TF.js's native backend; fails where that is not there. */
import { spawnSync } from 'node:child_process';
import { nativeState } from '../dist/engine/tfjs/identity.js';

const state = nativeState();
if (state !== 'ready') {
  console.error(`the native backend of TF.js is ${state}: bash scripts/install-tfjs-node.sh, on Node 20 or 22`);
  process.exit(1);
}
const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];
const tests = process.argv.length > 2 ? process.argv.slice(2) : ['test/engine', 'test/model', 'test/e2e/tfjs-node'];
const env = { ...process.env, TEST_TFJS_NODE: 'demanded' };
process.exit(spawnSync(process.execPath, [...jest, '-w', '1', ...tests], { stdio: 'inherit', env }).status ?? 1);
