/**
 * What computed a result: the engine, and the processor that it ran on. Recorded with the result but in no key:
 * another kind of processor may give other last bits, and the cache accepts its results anyway.
 */
import { arch, cpus } from 'node:os';
import type { Json } from '../core/canonical.js';
import { isShapedAs, isString } from '../core/guards.js';

const isOfEngine = isShapedAs({ engine: isShapedAs({ name: isString, backend: isString, version: isString }) });

const isComputedBy = isShapedAs({
  engine: isString,
  backend: isString,
  version: isString,
  processor: isString,
  architecture: isString,
});

/** This machine and the engine that the `environment` of a preimage names; undefined if no engine decides the bits. */
export function computedByOf(environment: Json): Readonly<Record<string, string>> | undefined {
  if (!isOfEngine(environment)) return undefined;
  const { name: engine, backend, version } = environment.engine;
  // Some systems report no processor, or a model padded with spaces.
  const processor = cpus()[0]?.model.trim() || 'unknown';
  return { engine, backend, version, processor, architecture: arch() };
}

/**
 * In words, as in `onnx 1.30.0 (cpu) on Intel(R) Xeon(R) Processor, x64`; undefined if a record does not have it all.
 */
export function computedByText(computedBy: Readonly<Record<string, string>> | undefined): string | undefined {
  if (!isComputedBy(computedBy)) return undefined;
  const { engine, backend, version, processor, architecture } = computedBy;
  const model = processor === 'unknown' ? 'an unknown processor' : processor;
  return `${engine} ${version} (${backend}) on ${model}, ${architecture}`;
}
