/**
 * Files under names in a place that several machines reach: a bucket, a folder, a web server. Five operations, so that
 * each kind of place is one file. Names are relative and use `/`; nothing read is believed before it is hashed.
 */
import type { Digest } from '../core/digest.js';

export interface ObjectStore {
  /** For people, without secrets: `s3://bucket/prefix`. */
  readonly address: string;
  /** The bytes of an object from a position on; undefined if there is none of this name. */
  get(name: string, options?: GetOptions): Promise<ObjectBody | undefined>;
  /** Publishes an object whole or not at all, replacing one of the same name. */
  put(name: string, content: ObjectContent, options?: CallOptions): Promise<void>;
  /** What an object is, without its bytes; undefined if there is none. */
  head(name: string, options?: CallOptions): Promise<ObjectInfo | undefined>;
  /** The objects whose names start with a prefix, by pages, in the order of their names. */
  list(prefix: string, options?: CallOptions): AsyncIterable<readonly ListedObject[]>;
  /** Removes an object; one that is gone already is fine. */
  remove(name: string, options?: CallOptions): Promise<void>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface GetOptions extends CallOptions {
  /** The first byte that is wanted. */
  readonly from?: number;
}

/** Bytes to publish; read again if a request has to be repeated. */
export interface ObjectContent {
  readonly digest: Digest;
  readonly size: number;
  read(): AsyncIterable<Uint8Array>;
}

export interface ObjectInfo {
  /** Bytes of the whole object. */
  readonly size: number;
  /** What the place names its contents by; changes whenever they do. */
  readonly etag?: string;
  /** Of a bucket with versions. */
  readonly version?: string;
}

export interface ListedObject extends ObjectInfo {
  readonly name: string;
}

export interface ObjectBody extends ObjectInfo {
  /** Where in the object the chunks begin: 0 if the place ignores ranges. */
  readonly from: number;
  /** Must be read, or begun and left, unless the signal aborts: until then a connection or a file is open. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * Why an operation failed. `unreachable`: no connection, or silence. `denied`: credentials are missing, wrong or
 * without the right. `full`: no room, or a quota. `read-only`: this kind of place is never written. `busy`: asked to
 * slow down. `failed`: anything else.
 */
export type ObjectFailure = 'unreachable' | 'denied' | 'full' | 'read-only' | 'busy' | 'failed';

/** A failed operation, in words for people that contain no secret. */
export class ObjectStoreError extends Error {
  constructor(
    readonly kind: ObjectFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Whether the same may succeed a little later: the place does not answer, or asks to slow down. */
export function isPassing(error: unknown): error is ObjectStoreError {
  return error instanceof ObjectStoreError && (error.kind === 'unreachable' || error.kind === 'busy');
}
