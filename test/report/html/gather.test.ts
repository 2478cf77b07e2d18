/** What a report gathers of a run with several sources of pictures. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { digestOf, type BlobRef } from '../../../src/core/digest.js';
import type { RecordedNode, RunEnd, RunStart } from '../../../src/core/run-record.js';
import { gatherReport } from '../../../src/report/html/gather.js';
import { readFromFolder } from '../../../src/runner/runs/images-of-run.js';
import { Bench } from '../../stages/context.js';

let folder: string;
let lying: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-gather-'));
  // Stored lying; upright it is 20x40.
  lying = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#c04020' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  await writeFile(join(folder, 'lying.jpg'), lying);
});
afterAll(() => rm(folder, { recursive: true }));

const node = (name: string, kind: string, reads: Readonly<Record<string, string>>): RecordedNode => ({
  name,
  kind,
  reads,
  gates: [],
});
const graph = [
  node('upright', 'ingest', {}),
  node('as-stored', 'ingest', {}),
  node('varied', 'augment', { data: 'as-stored' }),
  node('evaluate-upright', 'evaluate', { data: 'upright' }),
  node('evaluate-stored', 'evaluate', { data: 'varied' }),
];

test('images are shown as the ingest behind their own evaluation turned them', async () => {
  const bench = new Bench();
  const digest = digestOf(lying);
  const files = bench.putJson({ root: 'pictures', onBadImage: 'fail', paths: { [digest]: ['lying.jpg'] } });
  const predictions = bench.putJson({
    classes: ['a', 'b'],
    rows: [{ digest, label: 0, predicted: 1, scores: [0.25, 0.75] }],
  });
  const outcome = (name: string, kind: string, outputs: Readonly<Record<string, BlobRef>>, orientation?: string) =>
    ({
      name,
      kind,
      state: 'ran',
      durationMs: 1,
      outputs,
      preimage: { config: orientation === undefined ? {} : { image: { orientation } } },
    }) as unknown as RunEnd['stages'][number];
  const end: RunEnd = {
    state: 'ok',
    durationMs: 1,
    stages: [
      outcome('upright', 'ingest', { files }, 'exif'),
      outcome('as-stored', 'ingest', { files }, 'stored'),
      outcome('varied', 'augment', { files }),
      outcome('evaluate-upright', 'evaluate', { predictions }),
      outcome('evaluate-stored', 'evaluate', { predictions }),
    ],
    metrics: { 'evaluate-upright': { accuracy: 1, loss: 0 }, 'evaluate-stored': { accuracy: 0, loss: 1 } },
    problems: [],
  };
  const { detailed } = await gatherReport({
    run: { graph } as unknown as RunStart,
    state: 'ok',
    end,
    readBlob: (ref) => Promise.resolve(bench.blobs.get(ref.digest)),
    readMade: () => Promise.resolve(undefined),
    readImage: (_root, paths, digest) => readFromFolder(folder, paths, digest),
  });
  expect(detailed.map(({ evaluation, examples: [{ image }] }) => [evaluation.node.name, image])).toEqual([
    ['evaluate-upright', expect.objectContaining({ state: 'shown', width: 20, height: 40 })],
    ['evaluate-stored', expect.objectContaining({ state: 'shown', width: 40, height: 20 })],
  ]);
});
