/** What users of the journeys have: photos, and a folder where their organization keeps a copy of the base. */
import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hubBases } from '../../src/core/hub-bases.js';
import type { Journey } from './installed.js';

/** Lets the journey find EfficientNet-Lite0, the base that `init` writes, in a mirror folder. */
export async function giveMirror(journey: Journey, shared: string): Promise<void> {
  const { repository, file } = hubBases.efficientnet_lite0;
  const path = journey.path('mirror', repository, file);
  await mkdir(dirname(path), { recursive: true });
  await cp(join(shared, 'weights/efficientnet-lite0/model.onnx'), path);
  journey.env.PIPELINE_MIRROR = journey.path('mirror');
}

/** The last lines of a run, from the metrics on. */
export function closingOf({ stderr }: { readonly stderr: string }): string {
  return stderr.slice(stderr.indexOf('\nevaluate: accuracy ') + 1);
}

/** What the first line of a verdict says, in percent; rows that were wrapped are joined. */
export function headlineOf(closing: string): Record<'accuracy' | 'images' | 'low' | 'high' | 'guess', number> {
  const pattern =
    /([\d.]+)% of ([\d,]+) validation images are right \(95% interval: ([\d.]+)% to ([\d.]+)%\); always answering .*? would reach ([\d.]+)%/;
  const found = pattern.exec(closing.replace(/\n {2}(?=\S)/g, ' '));
  if (found === null) throw new Error(`no verdict in: ${closing}`);
  const [accuracy, images, low, high, guess] = found.slice(1).map((text) => Number(text.replace(',', '')));
  return { accuracy, images, low, high, guess };
}
