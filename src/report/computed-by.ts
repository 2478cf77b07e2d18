/** By what a result was computed, in words, for `explain` and the page. */
import { isShapedAs, isString, optional } from '../core/guards.js';

const isComputedBy = isShapedAs({
  engine: isString,
  backend: isString,
  version: isString,
  processor: isString,
  architecture: isString,
  // Records of earlier versions have none.
  machineClass: optional(isString),
});

/** In words, as in `onnx 1.30.0 (cpu) on Intel(R) Xeon(R) Processor, x64-avx512-vnni`; undefined if a record does not have it all. */
export function computedByText(computedBy: Readonly<Record<string, string>> | undefined): string | undefined {
  if (!isComputedBy(computedBy)) return undefined;
  const { engine, backend, version, processor, architecture, machineClass = architecture } = computedBy;
  const model = processor === 'unknown' ? 'an unknown processor' : processor;
  return `${engine} ${version} (${backend}) on ${model}, ${machineClass}`;
}
