/** ingest: a folder of pictures becomes a list of samples, told by content. */
import { stat } from 'node:fs/promises';
import { failure } from '../../core/problem.js';
import type { FolderListing, Probe, StageDefinition } from '../../core/stage.js';
import { PROBE_VERSION, probePicture } from '../../image/probe.js';
import type { DataSpec, Files, Samples } from '../../image/dataset.js';
import { readLayout } from './layout.js';
import { gatherSamples } from './samples.js';

/** Empty for a picture that can be read, else what is wrong with it. */
const probe: Probe = {
  version: String(PROBE_VERSION),
  of: (bytes) => {
    const result = probePicture(bytes);
    return result.ok ? '' : result.reason;
  },
};

/** Output `summary`: figures for people. */
interface Summary {
  readonly classes: readonly string[];
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly bad: readonly { readonly path: string; readonly reason: string }[];
}

export const ingest: StageDefinition<'ingest'> = {
  kind: 'ingest',
  impl: 1,
  reads: {},

  async survey({ config, resolvePath, digestFolder }) {
    const root = resolvePath(config.source);
    const found = await stat(root).catch(() => undefined);
    if (!found?.isDirectory()) {
      throw failure('bad-data', {
        code: 'source-missing',
        where: config.source,
        found: found ? 'is no folder' : 'is not there',
        expected: 'a folder of pictures, one folder a class',
        remedy: 'correct `source`; it starts from the folder of the pipeline’s project',
      });
    }
    const listing = await digestFolder(root, probe);
    return { preimage: { files: listing.paths.length, content: listing.treeDigest, probe: probe.version }, found: listing };
  },

  async run({ config, found, note, putJson }) {
    const listing = found as FolderListing;
    const gathered = gatherSamples(config, listing, readLayout(listing.paths));
    const { classes, samples, paths, bad, counts } = gathered;
    for (const { code, text } of gathered.notes) note(code, text);
    for (const { path, reason } of bad) note('picture-skipped', `${path} ${reason}`);
    note('pictures', describeCounts(counts));
    await putJson('spec', { classes, image: config.image } satisfies DataSpec);
    await putJson('samples', { samples } satisfies Samples);
    await putJson('files', { root: config.source, onBadImage: config.on_bad_image, paths } satisfies Files);
    await putJson('summary', { classes, counts: counts as Summary['counts'], bad } satisfies Summary);
  },

  async deliver({ outputs, folder, deliverFiles, readJson }) {
    const { classes } = await readJson<DataSpec>(outputs.spec);
    await deliverFiles(folder, new Map<string, string | typeof outputs.summary>([
      ['classes.json', `${JSON.stringify(classes)}\n`],
      ['summary.json', outputs.summary],
    ]));
  },
};

/** `train: cats 80, dogs 80; validation: cats 20, dogs 20` */
function describeCounts(counts: Readonly<Partial<Record<string, Readonly<Record<string, number>>>>>): string {
  const rows = Object.entries(counts).map(([split, row]) => {
    const entries = Object.entries(row ?? {});
    const shown = entries.slice(0, 6).map(([name, count]) => `${name} ${count}`).join(', ');
    const total = entries.reduce((sum, [, count]) => sum + count, 0);
    return `${split} ${total} (${shown}${entries.length > 6 ? `, and ${entries.length - 6} more classes` : ''})`;
  });
  return rows.join('; ');
}
