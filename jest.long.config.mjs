/** The long suites: `npm run test:long`. */
import usual from './jest.config.mjs';

process.env.RELIABILITY = 'long';

export default { ...usual, testMatch: ['<rootDir>/test/reliability/**/*.test.ts'] };
