/** Messages about connections that fail; no network is used. */
import { beforeEach, expect, jest, test } from '@jest/globals';
import { join } from 'node:path';
import type { PipelineError } from '../../src/core/problem.js';
import { scratchFolder } from '../store/scratch.js';

let thrown: Error;
const get = jest.fn(() => Promise.reject(thrown));
jest.unstable_mockModule('../../src/sources/request.js', () => ({ get }));
const { transfer } = await import('../../src/sources/transfer.js');

beforeEach(() => void get.mockClear());

function systemError(code: string, syscall: string, message = `${syscall} ${code}`): Error {
  return Object.assign(new Error(message), { code, syscall });
}

/** As Node's, where each address of a host was tried. */
function ofAll(...errors: Error[]): Error {
  return Object.assign(new AggregateError(errors), { code: (errors[0] as NodeJS.ErrnoException).code });
}

async function refusal(error: Error): Promise<{ code: string; found: string; retries: string[] }> {
  thrown = error;
  const retries: string[] = [];
  const options = {
    size: 3,
    largest: 3,
    retries: 2,
    backoffMs: 0,
    stallMs: 1,
    signal: new AbortController().signal,
    allowHttpLoopback: false,
    onProgress: () => undefined,
    onRetry: (reason: string) => retries.push(reason),
  };
  const refused = await transfer('https://example.com/a', join(scratchFolder(), 'a'), options).then(
    () => undefined,
    (failed: PipelineError) => failed,
  );
  const [{ code, found }] = refused!.problems;
  return { code, found, retries };
}

test.each<[string, Error, string]>([
  [
    'several addresses',
    ofAll(
      systemError('ECONNREFUSED', 'connect', 'connect ECONNREFUSED ::1:443'),
      systemError('ECONNREFUSED', 'connect', 'connect ECONNREFUSED 127.0.0.1:443'),
    ),
    'connect ECONNREFUSED ::1:443, connect ECONNREFUSED 127.0.0.1:443',
  ],
  [
    'several addresses behind a firewall',
    ofAll(
      systemError('EACCES', 'connect', 'connect EACCES 1.2.3.4:443'),
      systemError('ENETUNREACH', 'connect', 'connect ENETUNREACH ::2'),
    ),
    'connect EACCES 1.2.3.4:443, connect ENETUNREACH ::2',
  ],
  ['a firewall', systemError('EPERM', 'connect'), 'connect EPERM'],
  ['no message at all', systemError('ECONNRESET', 'read', ''), 'ECONNRESET'],
])('%s: the reason is reported and it is tried again', async (_name, error, reason) => {
  expect(await refusal(error)).toEqual({
    code: 'download-failed',
    found: `could not be downloaded: ${reason}`,
    retries: [reason, reason],
  });
  expect(get).toHaveBeenCalledTimes(3);
});

test('what the disk refuses is of the disk, and is not tried again', async () => {
  expect(await refusal(systemError('EACCES', 'open'))).toEqual({
    code: 'io-eacces',
    found: 'open EACCES',
    retries: [],
  });
});
