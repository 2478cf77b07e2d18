/**
 * On machines that others share a test may meet a moment without processor or disk: there it has a second try, and says
 * so. Not those of reliability, whose rare failures are what they look for.
 */
import { expect, jest } from '@jest/globals';

const { testPath } = expect.getState();
if (process.env.CI && !/[\\/]test[\\/]reliability[\\/]/.test(testPath))
  jest.retryTimes(1, { logErrorsBeforeRetry: true });
