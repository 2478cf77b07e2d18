/** Whole networks as bases, against what others compute: `npm run test:bases`. A quarter of an hour, and up to 8 GB. */
import all from './jest.config.mjs';

export default {
  ...all,
  testMatch: ['<rootDir>/test/bases/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
