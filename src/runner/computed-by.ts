/**
 * What computed a result: the engine, and the processor that it ran on. Recorded with the result but in no key:
 * another kind of processor may give other last bits, and the cache accepts its results anyway.
 */
import { arch, cpus } from 'node:os';
import type { Json } from '../core/canonical.js';
import { isShapedAs, isString } from '../core/guards.js';
import { machineClass } from '../core/machine-class.js';

const isOfEngine = isShapedAs({ engine: isShapedAs({ name: isString, backend: isString, version: isString }) });

/** This machine and the engine that the `environment` of a preimage names; undefined if no engine decides the bits. */
export function computedByOf(environment: Json): Readonly<Record<string, string>> | undefined {
  if (!isOfEngine(environment)) return undefined;
  const { name: engine, backend, version } = environment.engine;
  // Some systems report no processor, or a model padded with spaces.
  const processor = cpus()[0]?.model.trim() || 'unknown';
  return { engine, backend, version, processor, architecture: arch(), machineClass: machineClass() };
}
