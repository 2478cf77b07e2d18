/** Streams that a shell opened for this process and names by a path: `<(find .)` is `/dev/fd/63`. */
import { constants, closeSync, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';

const byNumber = /^\/(?:dev|proc\/self)\/fd\/\d+$/;

/**
 * The bytes of a pipe that this process got from its parent, which ends when its writer ends; undefined for any
 * other path. A named pipe does not count: it may never have a writer.
 */
export function inheritedPipe(path: string): AsyncIterable<Uint8Array> | undefined {
  if (!byNumber.test(path)) return undefined;
  const descriptor = openOrUndefined(path);
  if (descriptor === undefined) return undefined;
  if (fstatSync(descriptor).isFIFO()) return new Socket({ fd: descriptor, readable: true, writable: false });
  closeSync(descriptor);
  return undefined;
}

/** The code that reads the path reports what is wrong with it. */
function openOrUndefined(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}
