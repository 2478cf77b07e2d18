/** augment: settings for augmenting training images. The work is done when training needs a view. */
import { parseRatio } from '../../core/text/ratio.js';
import type { AugmentConfig } from '../../core/schema-types.js';
import type { StageContext, StageDefinition } from '../../core/stage.js';
import { AUGMENT_VERSION, type AugmentParameters } from '../../image/augment.js';
import type { Augmentation } from '../../image/augmentation.js';

function parametersOf(config: AugmentConfig): AugmentParameters | null {
  const { uses: _uses, data: _data, rescale: _rescale, views: _views, seed: _seed, ...parameters } = config;
  const { fill_mode: _fill, cval: _cval, ...ranges } = parameters;
  const varies = Object.values(ranges).some((range) => range !== undefined && range !== 0 && range !== false);
  return varies ? parameters : null;
}

export const augment: StageDefinition<'augment'> = {
  kind: 'augment',
  impl: 1,
  reads: { data: ['spec', 'samples', 'files'] },
  readsIfThere: { data: ['groups'] },

  run: putAugmentation,
  dryRun: putAugmentation,
  sheet: async (context, outputs, request) => (await import('./sheet.js')).drawSheet(context, outputs, request),
};

async function putAugmentation({ config, inputs, note, pass, putJson }: StageContext<'augment'>): Promise<void> {
  const data = inputs.data!;
  for (const name of ['spec', 'samples', 'files']) pass(name, data[name]);
  if (data.groups !== undefined) pass('groups', data.groups);
  const parameters = parametersOf(config);
  if (parameters === null && config.views !== 1 && config.views !== 'online') {
    note('nothing-varies', 'no range is set, so all views of an image would be the same: only one is used');
  }
  const augmentation: Augmentation = {
    // The check of the file has already refused anything but a ratio.
    rescale: config.rescale === undefined ? null : parseRatio(config.rescale)!,
    parameters,
    views: parameters === null ? 1 : config.views,
    seed: config.seed!,
    version: AUGMENT_VERSION,
  };
  await putJson('augmentation', augmentation);
}
