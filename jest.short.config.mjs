/**
 * `npm test`: each part of the tool, and the commands as a user runs them, in under five minutes on two cores. What takes
 * longer is in `npm run test:all`, which has to pass before a change lands: the reports of users in `cases/`, files of
 * strangers, kills and full disks, whole networks against Keras, all recipes, real servers and browsers.
 */
import all from './jest.config.mjs';

export default {
  ...all,
  testPathIgnorePatterns: [
    '/node_modules/',
    ...['bases', 'device', 'published', 'cases', 'hostile', 'reliability', 'keras/networks'].map(
      (name) => `<rootDir>/test/${name}`,
    ),
    ...[
      'main-job',
      'mirror',
      'hub-bases',
      'pipelines',
      'anywhere',
      'interrupt',
      'resume',
      'estimate',
      'page',
      'completion',
    ].map((name) => `<rootDir>/test/e2e/${name}`),
    ...['views', 'cache', 'deployed', 'fine-tuning', 'serve-command', 'serve-replaced'].map(
      (name) => `<rootDir>/test/e2e/${name}`,
    ),
    ...[
      'deploy/dockerfile',
      'config/scale',
      'engine/keras-training',
      'report/html/long-names',
      'store/upkeep/verify',
      'store/processes',
    ].map((name) => `<rootDir>/test/${name}`),
  ],
};
