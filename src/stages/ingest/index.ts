/** ingest: turns a folder or an archive of images into a list of samples, identified by content. */
import type { Json } from '../../core/canonical.js';
import { plainNames } from '../../core/text/names.js';
import { bucketOf, pathOf } from '../../core/source.js';
import type { StageContext, StageDefinition } from '../../core/stage.js';
import {
  imageSpecOf,
  imagesOf,
  isDataSpec,
  type DataSpec,
  type DataSummary,
  type Files,
  type Groups,
  type Samples,
} from '../../image/dataset.js';
import { labelingOf } from './label.js';
import { imageProbe } from './probe.js';
import { gatherSamples } from './samples.js';
import { listSource, surveySource, type Found } from './source.js';

export const ingest: StageDefinition<'ingest'> = {
  kind: 'ingest',
  impl: 2,
  reads: {},

  // Of a download, only the pins are in the key (from the survey), never the URL; of a bucket, only what is in it.
  // Defaults that are younger than the folder layout are left out: it keeps the keys that it had without them.
  relevant: ({ source, image, task, labels, on_bad_row, ...rest }) =>
    ({
      ...rest,
      ...(task === 'multilabel' ? { task } : {}),
      ...(typeof labels === 'object' ? { labels } : {}),
      ...(on_bad_row === 'fail' ? {} : { on_bad_row }),
      image: imageSpecOf(image),
      source: pathOf(source) ?? null,
      ...(typeof source === 'object' && source.inside !== undefined && bucketOf(source) === undefined
        ? { inside: source.inside }
        : {}),
    }) as unknown as Json,

  survey: (context) => surveySource(context, imageProbe(context.config.max_megapixels)),
  // Offline, a missing archive is reported together with a missing base. Otherwise the download waits for the base.
  runsFirst: (found, offline) => offline && (found as Found).kind === 'download',

  run: putSamples,
  dryRun: putSamples,

  // Only this loads sharp and threads.
  inspect: async (context) =>
    (await import('./inspect.js')).inspectImages(context, imageProbe(context.config.max_megapixels)),

  async resolved({ outputs, readJson }) {
    return { classes: (await readJson(outputs.spec, isDataSpec)).classes };
  },

  async deliver({ outputs, folder, deliverFiles, readJson }) {
    const { classes } = await readJson(outputs.spec, isDataSpec);
    await deliverFiles(
      folder,
      new Map<string, string | typeof outputs.summary>([
        ['classes.json', `${JSON.stringify(classes)}\n`],
        ['summary.json', outputs.summary],
      ]),
    );
  },
};

async function putSamples(context: StageContext<'ingest'>): Promise<void> {
  const { config, note, putJson } = context;
  const listed = await listSource(context, imageProbe(config.max_megapixels));
  const { listing, root, shown } = listed;
  const gathered = gatherSamples(config, listing, await labelingOf(config, listed), shown);
  const { classes, samples, groups, paths, bad, conflicts, counts } = gathered;
  for (const { code, text } of gathered.notes) note(code, text);
  for (const { path, reason } of bad) note('picture-skipped', `${path} ${reason}`);
  for (const { path, reason } of conflicts) note('picture-skipped', `${path} ${reason}`);
  note('pictures', describeCounts(counts, imagesOf(samples)));
  const several = config.task === 'multilabel';
  await putJson('spec', {
    classes,
    image: imageSpecOf(config.image),
    ...(several ? { task: 'multilabel' } : {}),
  } satisfies DataSpec);
  await putJson('samples', { samples } satisfies Samples);
  if (groups !== undefined) await putJson('groups', { groups } satisfies Groups);
  await putJson('files', { root, onBadImage: config.on_bad_image, paths } satisfies Files);
  await putJson('summary', {
    classes,
    counts: counts as DataSummary['counts'],
    ...(several ? { images: imagesOf(samples) } : {}),
    bad,
  } satisfies DataSummary);
}

/** `train 160 (cats 80, dogs 80); validation 40 (cats 20, dogs 20)` */
function describeCounts(
  counts: Readonly<Partial<Record<string, Readonly<Record<string, number>>>>>,
  images: Readonly<Record<string, number>>,
): string {
  const rows = Object.entries(counts).map(([split, row]) => {
    const entries = Object.entries(row ?? {});
    return `${split} ${images[split]} (${plainNames(entries.map(([name, count]) => `${name} ${count}`))})`;
  });
  return rows.join('; ');
}
