/** Small projects of image folders, run by the real command. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import sharp from 'sharp';
import type { Problem } from '../../src/core/problem.js';
import { Project, type RunOutcome } from '../e2e/rig.js';

/** A 32-px PNG of one color; each number gives other bytes. */
export function image(number: number): Promise<Buffer> {
  const [r, g, b] = [number % 256, Math.floor(number / 256) % 256, 99];
  return sharp({ create: { width: 32, height: 32, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer();
}

let next = 0;

/** Writes that many images, no two of one call or of several alike, as `folder/0.png` and on. */
export async function addImages(project: Project, folder: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await writeAt(project, `${folder}/${i}.png`, await image(next++));
}

export async function writeAt(project: Project, path: string, content: Uint8Array): Promise<void> {
  await mkdir(dirname(project.path(path)), { recursive: true });
  await writeFile(project.path(path), content);
}

/** A pipeline `t.yaml` on these images; `ingest` is more of that stage's fields. */
export function pipeline(ingest = 'source: data', train = 'epochs: 1'): string {
  return `version: 1
name: t
stages:
  ingest: {${ingest}, image: {size: [32, 32]}}
  load-base: {architecture: compact32}
  freeze: {layers: all}
  build-head: {layers: [global_average_pooling, classifier]}
  train: {${train}}
  evaluate: {}
  export: {to: out}
`;
}

export interface Ingested {
  readonly code: number;
  readonly stderr: string;
  /** Texts of notes by their codes. */
  readonly notes: Readonly<Record<string, string>>;
  readonly outcome: RunOutcome;
  readonly problems: readonly Problem[];
}

/** Runs the ingest stage alone, which decides what folders mean. */
export async function ingested(project: Project, file = 't.yaml'): Promise<Ingested> {
  const outcome = await project.run(file, '--only', 'ingest');
  const notes: Record<string, string> = {};
  for (const event of outcome.events) if (event.event === 'note') notes[event.code] = event.text;
  const problems = outcome.events.flatMap((event) => (event.event === 'problem' ? event.problem : []));
  return { code: outcome.code, stderr: outcome.stderr, notes, outcome, problems };
}

/** Counts of images by split and class that ingest delivered. */
export async function counts(project: Project): Promise<Record<string, Record<string, number>>> {
  const summary = JSON.parse(await project.read('.pipeline/out/t/ingest/summary.json')) as {
    counts: Record<string, Record<string, number>>;
  };
  return summary.counts;
}
