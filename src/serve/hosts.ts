/**
 * Which host names a request may use. A page of another site can make its own name resolve to this machine
 * and then read everything served here (DNS rebinding), but it cannot make the browser send a different Host header.
 */
import { isIP } from 'node:net';

/** The name in a Host header or an origin, without port and brackets, in lower case; undefined if there is none. */
function nameOf(authority: string): string | undefined {
  return /^(?:\[([0-9a-f:.]+)\]|([^:/@\s]+))(?::\d+)?$/i
    .exec(authority)
    ?.slice(1)
    .find((part) => part !== undefined)
    ?.toLowerCase();
}

/** Whether a Host header is an address, `localhost`, or the name that the server listens on. */
export function isOwnHost(header: string | undefined, listeningOn: string): boolean {
  const name = header === undefined ? undefined : nameOf(header);
  return name !== undefined && (isIP(name) !== 0 || name === 'localhost' || name === listeningOn.toLowerCase());
}

/** Whether a request comes from a page of this server, or from no page at all. */
export function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  return origin === undefined || origin.toLowerCase() === `http://${host?.toLowerCase()}`;
}
