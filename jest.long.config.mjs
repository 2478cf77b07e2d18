/** The long suites, and the tests that have a longer form: `npm run test:long`. */
import all from './jest.config.mjs';

process.env.RELIABILITY = 'long';

export default {
  ...all,
  testPathIgnorePatterns: ['/node_modules/'],
  testMatch: [
    ...[
      'reliability/**/*',
      'cluster/{faults,separate-hosts}',
      'keras/networks',
      'hostile/forged-results',
      'report/html/long-names',
    ],
    ...[
      'e2e/main-job',
      'e2e/onnx-base',
      'e2e/pipelines',
      'published/{thirty-classes,deployer,keras-user,teacher}',
      'deploy/dockerfile',
    ],
  ].map((files) => `<rootDir>/test/${files}.test.ts`),
};
