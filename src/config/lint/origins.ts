/** Rules about origins of bytes that are written out: a path or an address, and pins that belong to it. */
import type { Problem } from '../../core/problem.js';
import { isBucketAddress, mayHaveUrls, pathOf, type Origin } from '../../core/source.js';
import { type LintContext, stagesOf } from './lineage.js';

export function pinnedOrigins({ stages, locator }: LintContext): Problem[] {
  const sources = stagesOf(stages, 'ingest').map(({ name, config }) => {
    // A table names URLs, which may need them.
    const pathPins = mayHaveUrls(pathOf(config.source) ?? '') ? ['allow_private', 'headers_env'] : [];
    return { path: ['stages', name, 'source'], origin: config.source, pathPins };
  });
  // The sha256 of a path is that of a layers-model as a whole.
  const weights = stagesOf(stages, 'load-base').map(({ name, config }) => {
    return { path: ['stages', name, 'weights'], origin: config.weights, pathPins: ['sha256'] };
  });
  return [...sources, ...weights].flatMap(({ path, origin, pathPins }) => {
    const problem = problemOf(origin, pathPins);
    return problem === undefined ? [] : [{ ...problem, ...locator.at(path) }];
  });
}

/** Fields that say how a bucket is reached. */
const ofBuckets = ['endpoint', 'region', 'addressing'];

function problemOf(origin: Origin | undefined, pathPins: readonly string[]): Problem | undefined {
  if (typeof origin !== 'object') return undefined;
  const { path, url, inside: _inside, ...pins } = origin;
  if ((path === undefined) === (url === undefined)) {
    const found = path === undefined ? 'neither `path` nor `url` is set' : 'both `path` and `url` are set';
    return { code: 'one-place', found, expected: 'exactly one of them' };
  }
  if (path !== undefined && isBucketAddress(path))
    return {
      code: 'bucket-as-path',
      found: `\`path\` is the address of a bucket, \`${path}\``,
      expected: 'a folder or an archive',
      remedy: `write \`url: ${path}\``,
    };
  if (path !== undefined) {
    const foreign = Object.keys(pins).find((name) => !pathPins.includes(name));
    if (foreign === undefined) return undefined;
    return {
      code: 'pin-of-path',
      found: `\`${foreign}\` does not apply to \`path\``,
      expected: `\`${foreign}\` only with \`url\``,
    };
  }
  const isBucket = isBucketAddress(url!);
  const other = Object.keys(pins).find((name) => ofBuckets.includes(name) !== isBucket);
  if (other !== undefined)
    return {
      code: 'pin-of-path',
      found: `\`${other}\` does not apply to ${isBucket ? 'a bucket' : 'a `url` that is not a bucket'}`,
      expected: isBucket
        ? `\`${other}\` only with the https URL of a file`
        : `\`${other}\` only with \`url: s3://BUCKET\``,
    };
  if (pins.md5 === undefined || pins.size !== undefined) return undefined;
  const remedy = 'add the `size` in bytes that the publisher states';
  return {
    code: 'md5-without-size',
    found: '`md5` is set without `size`',
    expected: 'both, or preferably `sha256`',
    remedy,
  };
}
