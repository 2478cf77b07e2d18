/**
 * `npm test`: each part of the tool, and each command as a user runs it, in under five minutes on two cores. What takes
 * longer is in `npm run test:all`, which has to pass before a change lands: the reports of users in `cases/`, files of
 * strangers, kills and full disks, whole networks against Keras, real servers and browsers.
 */
import all from './jest.config.mjs';

export default {
  ...all,
  testPathIgnorePatterns: [
    '/node_modules/',
    ...['bases', 'cases', 'hostile', 'reliability', 'keras/networks'].map((name) => `<rootDir>/test/${name}`),
    ...['main-job', 'mirror', 'anywhere', 'interrupt', 'resume', 'estimate', 'page', 'serve-replaced'].map(
      (name) => `<rootDir>/test/e2e/${name}`,
    ),
    ...['report/html/long-names', 'store/upkeep/verify', 'store/processes'].map((name) => `<rootDir>/test/${name}`),
  ],
};
