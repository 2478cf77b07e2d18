/** What is made of errors that are not ours. */
import { describe, expect, test } from '@jest/globals';
import { asPipelineError } from '../../src/core/problem.js';

describe('memory and threads that the system refuses are its fault, exit code 5', () => {
  const messages = [
    '/onnxruntime_src/onnxruntime/core/platform/posix/env.cc:251 PosixThread pthread_create failed, error code: 11 error msg: Resource temporarily unavailable',
    'std::bad_alloc',
    'bfc_arena.cc:359 AllocateRawInternal Failed to allocate memory for requested buffer of size 1024',
    'Array buffer allocation failed',
  ];
  test.each(messages)('%s', (message) => {
    const { category, problems } = asPipelineError(new Error(message), 'train');
    expect([category, problems[0].found]).toEqual([
      'input-output',
      'failed because the system refused it memory or a thread',
    ]);
  });

  test.each(['ENOMEM', 'EAGAIN', 'ERR_WORKER_OUT_OF_MEMORY', 'ERR_WORKER_INIT_FAILED'])('the code %s', (code) => {
    expect(asPipelineError(Object.assign(new Error('x'), { code })).category).toBe('input-output');
  });
});

test('any other error is a failed stage with its message', () => {
  const { category, problems } = asPipelineError(new Error('x is not a function'), 'train');
  expect([category, problems[0].code, problems[0].found]).toEqual([
    'stage-failed',
    'unexpected',
    'x is not a function',
  ]);
});
