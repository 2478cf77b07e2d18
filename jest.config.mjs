/** Tests are TypeScript ES modules: swc takes the types off, `npm run typecheck` checks them. */
import { availableParallelism } from 'node:os';

// Here because jest's sandbox has a copy of the environment, which onnxruntime does not see: the workers inherit this.
process.env.ORT_DISABLE_TELEMETRY = '1';
// By it the command sees that npm started it, and shows `npx pipeline` in hints: `program.test.ts` has that.
delete process.env.npm_config_user_agent;

export default {
  // Where the tests of `published/` share one installation.
  globalSetup: '<rootDir>/test/published/scratch.mjs',
  globalTeardown: '<rootDir>/test/published/remove-scratch.mjs',
  testEnvironment: '<rootDir>/test/environment.mjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // `npm run test:bases` and `test:device`, and three journeys of `npm run test:long`, each part of which other suites have.
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/(bases|device)/',
    '<rootDir>/test/published/(deployer|keras-user|teacher)',
  ],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '<rootDir>/test/transform.mjs',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
    '@tensorflow/.+\\.node\\.js$': ['<rootDir>/test/transform.mjs', { typescript: false }],
  },
  transformIgnorePatterns: ['/node_modules/(?!@tensorflow/)'],
  setupFilesAfterEnv: ['<rootDir>/test/retry.mjs'],
  testTimeout: 90_000,
  // One more than there are processors: a worker waits a third of the time, for starts, servers and the disk.
  maxWorkers: availableParallelism() + 1,
};
