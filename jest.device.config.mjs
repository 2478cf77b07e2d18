/** The suite on a device of onnxruntime, which `scripts/test-device.mjs` starts. */
import all from './jest.config.mjs';

export default {
  ...all,
  testPathIgnorePatterns: ['/node_modules/'],
  testMatch: ['<rootDir>/test/device/**/*.test.ts'],
  // A device compiles its programs when they first run.
  testTimeout: 300_000,
};
