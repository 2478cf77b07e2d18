/** A rule about `engine`: devices are those of onnxruntime. */
import type { Problem } from '../../core/problem.js';
import type { PipelineConfig } from '../../core/schema-types.js';
import type { LintContext } from './lineage.js';

/** TF.js chooses its backend by itself. */
export function engineDevice({ locator }: LintContext, engine: PipelineConfig['engine'] | undefined): Problem[] {
  if (engine?.name !== 'tfjs' || engine.device === 'cpu') return [];
  return [
    {
      code: 'device-needs-onnx',
      ...locator.at(['engine', 'device']),
      found: `\`device: ${engine.device}\` does not apply to the engine tfjs`,
      expected: '`device` only with the engine onnx',
      remedy: 'use `engine: {name: onnx, device: ...}`, or remove `device`',
    },
  ];
}
