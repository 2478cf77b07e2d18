/** Checks the images of a source for doctor: decodes every one and reports everything that is wrong. */
import { imageSpecOf } from '../../image/dataset.js';
import PQueue from 'p-queue';
import type { Digest } from '../../core/digest.js';
import { shownAddress, type ImageAddress, type ImagePlace } from '../../core/image-place.js';
import type { Finding } from '../../core/finding.js';
import { asPipelineError } from '../../core/problem.js';
import { bucketOf } from '../../core/source.js';
import type { Probe, StageContext } from '../../core/stage.js';
import { ImagePool } from '../../features/image-pool.js';
import { readImage } from '../../features/image-bytes.js';
import { PLAIN_VIEW } from '../../features/image-loader.js';
import { orientationOf } from '../../image/facts.js';
import { probeImage } from '../../image/probe.js';
import { findingsOf, type Seen } from './findings.js';
import { labelingOf } from './label.js';
import { examineSamples } from './samples.js';
import { listSource } from './source.js';

type Context = StageContext<'ingest'>;

export async function inspectImages(context: Context, probe: Probe): Promise<Finding[]> {
  const { config } = context;
  const listed = await listSource(context, probe);
  const { listing, shown } = listed;
  const labeling = await labelingOf(config, listed);
  const gathered = examineSamples(config, listing, labeling, shown);
  const bucket = bucketOf(config.source);
  const place: ImagePlace = bucket === undefined ? { kind: 'folder', path: listing.root } : { kind: 'bucket', bucket };
  const seen = await lookAtEach(context, place, gathered.paths);
  return findingsOf({ config, labeling, gathered, seen });
}

/** Decodes every image once, on threads, which read it again. */
async function lookAtEach(
  context: Context,
  place: ImagePlace,
  paths: Readonly<Record<Digest, readonly string[]>>,
): Promise<Map<Digest, Seen>> {
  const { config, name, emit, signal } = context;
  const pool = new ImagePool({
    image: imageSpecOf(config.image),
    preprocessing: { kind: 'rescale', factor: 1 },
    variation: null,
  });
  const queue = new PQueue({ concurrency: pool.inFlight });
  const seen = new Map<Digest, Seen>();
  const entries = Object.entries(paths) as [Digest, readonly string[]][];
  const stop = (): void => void pool.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await queue.addAll(
      entries.map(([digest, [path]]) => async () => {
        signal.throwIfAborted();
        seen.set(digest, await lookAt({ place, name: path }, digest, pool));
        emit({
          event: 'progress',
          stage: name,
          task: 'check',
          unit: 'pictures',
          done: seen.size,
          total: entries.length,
        });
      }),
    );
  } finally {
    signal.removeEventListener('abort', stop);
    queue.clear();
    await pool.close();
  }
  signal.throwIfAborted();
  return seen;
}

async function lookAt(at: ImageAddress, digest: Digest, pool: ImagePool): Promise<Seen> {
  try {
    const bytes = await readImage(at, digest);
    const probed = probeImage(bytes);
    const [orientation] = await Promise.all([orientationOf(bytes), pool.load({ at, digest, view: PLAIN_VIEW })]);
    return probed.ok
      ? { format: probed.format, width: probed.width, height: probed.height, orientation }
      : { fault: probed.reason };
  } catch (error) {
    const failure = asPipelineError(error, shownAddress(at));
    // That this machine cannot decode says nothing about the image.
    if (failure.category === 'input-output') throw failure;
    return { fault: failure.problems[0].found };
  }
}
