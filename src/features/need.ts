/** What a stage will need from the frozen prefix, known before it runs. */
import type { Digest } from '../core/digest.js';
import type { Extractor, FeatureNeed, Measurement } from '../core/stage.js';
import { sizeOf } from '../model/tensor.js';
import { extractionWorkload, featureSetPreimage } from './feature-set.js';
import { Features, type FeatureHost, type FeatureOptions } from './features.js';

/** Images that a rate is measured on, after a few that warm up; fewer if they take long. */
const SAMPLE = 24;
const WARM_UP = 4;
const LONGEST_SAMPLE_MS = 2000;

export function featureNeed(
  host: FeatureHost,
  options: FeatureOptions,
  digests: readonly Digest[],
  views: readonly number[],
): FeatureNeed {
  const { recipe, featureShape, keep } = options;
  const set = {
    preimage: keep ? featureSetPreimage(recipe, host.settings.featureType) : undefined,
    rowLength: sizeOf(featureShape),
    workload: extractionWorkload(recipe),
    measure: () => measure(host, options, digests),
    open: () => extractor(host, options),
  };
  return { digests, views, set };
}

async function extractor(host: FeatureHost, options: FeatureOptions): Promise<Extractor> {
  const features = await Features.open(host, options);
  return {
    async extract(digests, view) {
      const [before, spent] = [host.counts.extracted, features.msSpent];
      await features.ensure(digests, view);
      const wanted = new Set(digests);
      return {
        pictures: host.counts.extracted - before,
        ms: features.msSpent - spent,
        leftOut: features.leftOut.filter((digest) => wanted.has(digest)),
      };
    },
    close: () => features.dispose(),
  };
}

async function measure(host: FeatureHost, options: FeatureOptions, digests: readonly Digest[]): Promise<Measurement> {
  const quiet: FeatureHost = { ...host, counts: { extracted: 0, reused: 0 }, emit: () => undefined };
  const features = await Features.open(quiet, { ...options, keep: false });
  try {
    for await (const _ of features.stream(digests.slice(0, WARM_UP), 0, WARM_UP)) {
      /* threads and libraries are loaded now */
    }
    const started = performance.now();
    let pictures = 0;
    for await (const batch of features.stream(digests.slice(0, SAMPLE), 0, WARM_UP)) {
      pictures += batch.digests.length;
      if (performance.now() - started > LONGEST_SAMPLE_MS) break;
    }
    return { pictures, ms: performance.now() - started };
  } finally {
    await features.dispose();
  }
}
