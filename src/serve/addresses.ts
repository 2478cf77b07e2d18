/** The URLs of a server, for browsers on this and other machines. */
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';

type Interfaces = ReturnType<typeof networkInterfaces>;

/** A server that listens on all addresses has one URL for each that other machines can reach, and one for this machine. */
export function urlsOf(
  { address, port }: Pick<AddressInfo, 'address' | 'port'>,
  interfaces: Interfaces = networkInterfaces(),
): string[] {
  const url = (host: string): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
  if (address !== '0.0.0.0' && address !== '::') return [url(address)];
  const all = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  const outside = all.filter(
    ({ internal, scopeid, family }) => !internal && (family === 'IPv4' || (address === '::' && !scopeid)),
  );
  // IPv4 first: it is easier to type.
  const ordered = outside.sort((a, b) => Number(a.family === 'IPv6') - Number(b.family === 'IPv6'));
  return [
    ...ordered.map((one) => url(one.address)),
    url(address === '::' && ordered.every(({ family }) => family === 'IPv6') ? '::1' : '127.0.0.1'),
  ];
}
