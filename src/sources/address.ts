/**
 * Which URLs may be requested: https only, and no machine of an internal network, whatever a name or a redirect leads
 * to.
 */
import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import { failure, type PipelineError } from '../core/problem.js';

type Network = readonly [network: string, prefix: number, family: 'ipv4' | 'ipv6'];

const ofThisMachine: readonly Network[] = [
  ['127.0.0.0', 8, 'ipv4'],
  ['::1', 128, 'ipv6'],
];
const loopback = listOnUse(ofThisMachine);

/**
 * The networks of companies and homes, which `allow_private` opens. Not this machine, and not 169.254.0.0/16, where
 * cloud machines ask for their credentials.
 */
const ofCompanies: readonly Network[] = [
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
];
const privateNetworks = listOnUse(ofCompanies);

/** Addresses that are not of the open internet (IANA's special-purpose registries, RFC 6890 and what updates it). */
const inner = listOnUse([
  ...ofThisMachine,
  ...ofCompanies,
  ['0.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 128, 'ipv6'],
  // Those that carry an IPv4 address inside may carry an inner one.
  ['64:ff9b::', 96, 'ipv6'],
  ['64:ff9b:1::', 48, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
]);

/** Made when it is asked for: this module is part of every start, and Node's for networks is not. */
function listOnUse(networks: readonly Network[]): () => BlockList {
  let list: BlockList | undefined;
  return () => {
    if (list !== undefined) return list;
    list = new BlockList();
    for (const network of networks) list.addSubnet(...network);
    return list;
  };
}

export interface AddressRules {
  readonly allowHttpLoopback: boolean;
  /** Also addresses of private networks. */
  readonly allowPrivate?: boolean;
}

/**
 * Parses an address. Throws `unsafe` for one that may not be asked; what its name leads to is checked by {@link
 * guardedLookup}.
 */
export function checkedUrl(text: string, base: URL | undefined, rules: AddressRules): URL {
  if (!URL.canParse(text, base?.href)) throw refused(text, 'is not a URL');
  const url = new URL(text, base);
  const host = hostOf(url);
  const isHere = host === 'localhost' || isLoopback(host);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere && rules.allowHttpLoopback)) {
    throw refused(url.href, `uses ${url.protocol.replace(':', '')}`);
  }
  if (url.username !== '' || url.password !== '')
    throw refused(`${url.protocol}//${url.host}${url.pathname}`, 'contains a user name or a password');
  if (isIP(host) !== 0 && !isAllowedAddress(host, rules)) throw refused(url.href, 'is on a private network');
  return url;
}

/** Looks a name up for a connection, and fails if any of its addresses may not be asked: nothing is looked up twice. */
export function guardedLookup(rules: AddressRules) {
  return (
    host: string,
    options: LookupOptions,
    done: (error: Error | null, address: string | LookupAddress[], family?: number) => void,
  ): void => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, []);
      const bad = addresses.find(({ address }) => !isAllowedAddress(address, rules));
      if (bad !== undefined)
        return done(refused(host, `resolves to ${bad.address}, which is on a private network`), []);
      if (options.all === true) return done(null, addresses);
      done(null, addresses[0].address, addresses[0].family);
    });
  };
}

/** Whether an IP address may be asked. */
export function isAllowedAddress(address: string, { allowHttpLoopback, allowPrivate }: AddressRules): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (!inner().check(address, family)) return true;
  return (
    (allowPrivate === true && privateNetworks().check(address, family)) || (allowHttpLoopback && isLoopback(address))
  );
}

function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family !== 0 && loopback().check(host, family === 6 ? 'ipv6' : 'ipv4');
}

/** Without the brackets around IPv6. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

function refused(where: string, found: string): PipelineError {
  return failure('unsafe', {
    code: 'address-refused',
    where,
    found,
    expected: 'an https URL on the public internet',
    remedy:
      'download the file yourself and put it in the folder that PIPELINE_MIRROR names; if it is on your own network, add `allow_private: true` to its `url`',
  });
}
