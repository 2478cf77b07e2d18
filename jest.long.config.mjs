/** The long suites, and the tests that have a longer form: `npm run test:long`. */
import all from './jest.config.mjs';

process.env.RELIABILITY = 'long';

export default {
  ...all,
  testMatch: ['reliability/**/*', 'keras/networks', 'e2e/main-job', 'e2e/onnx-base', 'hostile/forged-results'].map(
    (files) => `<rootDir>/test/${files}.test.ts`,
  ),
};
