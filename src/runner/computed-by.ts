/**
 * By what a result was computed: the engine, and the processor that it ran on. Recorded beside the result and part of no
 * key: another kind of processor may give other last bits, and the cache takes its results all the same.
 */
import { arch, cpus } from 'node:os';
import type { Json } from '../core/canonical.js';
import { isShapedAs, isString } from '../core/guards.js';

const isOfEngine = isShapedAs({ engine: isShapedAs({ name: isString, backend: isString, version: isString }) });

/** This machine and the engine that the `environment` of a preimage names; undefined where no engine decides the bits. */
export function computedByOf(environment: Json): Readonly<Record<string, string>> | undefined {
  if (!isOfEngine(environment)) return undefined;
  const { name: engine, backend, version } = environment.engine;
  // Some systems give no processor at all, or a model padded with spaces.
  const processor = cpus()[0]?.model.trim() || 'unknown';
  return { engine, backend, version, processor, architecture: arch() };
}
