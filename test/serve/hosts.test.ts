/** Names that a request may call the server by: no name that another site can make lead here. */
import { expect, test } from '@jest/globals';
import { isOwnHost, isOwnOrigin } from '../../src/serve/hosts.js';

test.each(['127.0.0.1:8000', '127.0.0.1', 'localhost:8000', 'LOCALHOST', '[::1]:8000', '192.168.1.7:80'])(
  '%s is ours',
  (host) => {
    expect(isOwnHost(host, '127.0.0.1')).toBe(true);
  },
);

test.each([
  undefined,
  '',
  'evil.com',
  'evil.com:8000',
  'localhost.evil.com',
  '127.0.0.1.evil.com',
  'evil.com@127.0.0.1',
  '127.0.0.1 evil.com',
  '[::1',
  ':8000',
])('%s is not', (host) => {
  expect(isOwnHost(host, '127.0.0.1')).toBe(false);
});

test('the name that it listens on is ours', () => {
  expect([isOwnHost('Box.local:80', 'box.local'), isOwnHost('other.local', 'box.local')]).toEqual([true, false]);
});

test('a page of this server, or none, is where requests come from', () => {
  const host = '127.0.0.1:8000';
  const origins = [undefined, 'http://127.0.0.1:8000', 'http://127.0.0.1:9000', 'https://evil.com', 'null', ''];
  expect(origins.map((origin) => isOwnOrigin(origin, host))).toEqual([true, true, false, false, false, false]);
});
