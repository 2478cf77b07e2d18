/** On machines that others share a test may meet a moment without processor or disk: there it has a second try, and says so. */
import { jest } from '@jest/globals';

if (process.env.CI) jest.retryTimes(1, { logErrorsBeforeRetry: true });
