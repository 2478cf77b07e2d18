import { afterEach, expect, test } from '@jest/globals';
import type { Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { urlsOf } from '../../src/serve/addresses.js';
import { clientOf } from '../../src/serve/endpoint.js';
import { createServer } from '../../src/serve/server.js';

let server: Server | undefined;
afterEach(() => void server?.close());

test('a body that does not come is answered with 408, and its connection is closed', async () => {
  server = createServer(async (request) => new Response(String((await request.arrayBuffer()).byteLength)), {
    headerMs: 200,
    requestMs: 300,
    checkMs: 50,
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nfew');
  let answer = '';
  socket.on('data', (chunk) => (answer += String(chunk)));
  await new Promise((resolve) => socket.once('close', resolve));
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(await (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'all of it' })).text()).toBe('9');
});

test('the URLs of a server that listens on all addresses are those that other machines can open, and one of this machine', () => {
  const one = { netmask: '', mac: '', cidr: null, internal: false };
  const interfaces = {
    lo: [{ ...one, family: 'IPv4' as const, address: '127.0.0.1', internal: true }],
    wifi: [
      { ...one, family: 'IPv6' as const, address: '2001:db8::7', scopeid: 0 },
      { ...one, family: 'IPv6' as const, address: 'fe80::7', scopeid: 2 },
      { ...one, family: 'IPv4' as const, address: '192.168.1.7' },
    ],
  };
  expect(urlsOf({ address: '0.0.0.0', port: 80 }, interfaces)).toEqual([
    'http://192.168.1.7:80/',
    'http://127.0.0.1:80/',
  ]);
  expect(urlsOf({ address: '::', port: 80 }, interfaces)).toEqual([
    'http://192.168.1.7:80/',
    'http://[2001:db8::7]:80/',
    'http://127.0.0.1:80/',
  ]);
  expect(urlsOf({ address: '::1', port: 80 }, interfaces)).toEqual(['http://[::1]:80/']);
});

test('a client is an IPv4 address or the network of an IPv6 address', () => {
  const addresses = [
    '10.0.0.1',
    '::ffff:10.0.0.1',
    '2001:db8:0:1::7',
    '2001:db8:0:1:2:3:4:5',
    '2001:db8::7',
    '::1',
    'fe80::1%eth0',
  ];
  expect(addresses.map(clientOf)).toEqual([
    '10.0.0.1',
    '10.0.0.1',
    '2001:db8:0:1',
    '2001:db8:0:1',
    '2001:db8:0:0',
    '0:0:0:0',
    'fe80:0:0:0',
  ]);
});
