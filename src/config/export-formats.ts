/** The formats of exports that name none: they follow from the base, which only the stages together show. */
import { isOnnxBase } from '../core/hub-bases.js';
import type { LoadBaseConfig } from '../core/schema-types.js';
import { kindOf } from './kinds.js';
import { stagesOf, trainings } from './lint/lineage.js';
import type { Stage } from './pipeline.js';
import { isMapping, type Mapping } from './values.js';

/** The names of the exports without `formats`; to be asked before defaults are filled in. */
export function exportsWithoutFormats({ stages }: Mapping): ReadonlySet<string> {
  const all = isMapping(stages) ? Object.entries(stages) : [];
  const without = all.filter(
    ([name, stage]) => kindOf(name, stage) === 'export' && isMapping(stage) && stage.formats === undefined,
  );
  return new Set(without.map(([name]) => name));
}

/** Whether a base is a network of an ONNX file: as it was read, or because it is in 8-bit integers. */
export function isOnnxNetwork({ architecture, precision }: LoadBaseConfig): boolean {
  return isOnnxBase(architecture) || precision === 'int8';
}

/** Gives the exports of these names the one format that a base has which is a network of an ONNX file; in place. */
export function fillFormats(stages: readonly Stage[], names: ReadonlySet<string>): void {
  if (names.size === 0) return;
  for (const { name, config } of exportsOfOnnxBases(stages)) if (names.has(name)) config.formats = ['onnx'];
}

/** The exports whose model is on a base that is a network of an ONNX file. */
export function exportsOfOnnxBases(stages: readonly Stage[]): Stage<'export'>[] {
  const exports = stagesOf(stages, 'export');
  if (exports.length === 0) return [];
  const bases = new Map(trainings(stages).map(({ train, base }) => [train.name, base]));
  return exports.filter(({ references }) => {
    const base = bases.get(references.model ?? '');
    return base !== undefined && isOnnxNetwork(base.config);
  });
}
