/** What a developer runs after each change, in under a minute: `npm run test:fast`. Nothing that starts the command. */
import all from './jest.config.mjs';

export default {
  ...all,
  testPathIgnorePatterns: [
    '/node_modules/',
    ...['bases', 'device', 'e2e', 'cases', 'hostile', 'keras', 'reliability', 'cluster', 'engine'].map(
      (name) => `<rootDir>/test/${name}/`,
    ),
    'long-names',
    'store/processes',
    'upkeep/verify',
    ...['config/scale', 'image/probe', 'stages/load-base', 'features/image-pool'],
  ],
};
