/** Values of one stage that are each valid, but not together. */
import type { Problem } from '../../core/problem.js';
import { parseRatio } from '../../core/text/ratio.js';
import { showValue } from '../words.js';
import { type LintContext, stagesOf } from './lineage.js';

/** Ranges are [lowest, highest]. */
export function rangeOrder({ stages, locator }: LintContext): Problem[] {
  return stagesOf(stages, 'augment').flatMap(({ name, config }) =>
    (['zoom_range', 'brightness_range', 'sharpness_range'] as const).flatMap((field) => {
      const range = config[field];
      if (!Array.isArray(range) || range[0] <= range[1]) return [];
      return [
        {
          code: 'range-upside-down',
          ...locator.at(['stages', name, field]),
          found: `\`${field}\` is [${range[0]}, ${range[1]}], from high to low`,
          expected: '[lowest, highest]',
          remedy: `write [${range[1]}, ${range[0]}]`,
        },
      ];
    }),
  );
}

/** A rescale that is written as a fraction has to come out as a number above 0. */
export function rescaleFactor({ stages, locator }: LintContext): Problem[] {
  return stagesOf(stages, 'augment').flatMap(({ name, config: { rescale } }) => {
    if (rescale === undefined || parseRatio(rescale) !== undefined) return [];
    const found = `\`rescale\` is ${showValue(rescale)}`;
    const expected = 'a number above 0, or a fraction such as `1/255`';
    return [{ code: 'wrong-type', ...locator.at(['stages', name, 'rescale']), found, expected }];
  });
}

/** `crop_pct`, `crop_rounding` and `fill` belong to one way each of bringing images to size. */
export function fitFields({ stages, locator }: LintContext): Problem[] {
  return stagesOf(stages, 'ingest').flatMap(({ name, config: { image } }) => {
    const fields = [
      { field: 'crop_pct', fit: 'crop', isUsual: image.crop_pct === 0.875 },
      { field: 'crop_rounding', fit: 'crop', isUsual: image.crop_rounding === 'down' },
      { field: 'fill', fit: 'pad', isUsual: image.fill.every((level) => level === 0) },
    ];
    return fields
      .filter(({ fit, isUsual }) => !isUsual && image.fit !== fit)
      .map(({ field, fit }) => ({
        code: 'fit-field',
        ...locator.at(['stages', name, 'image', field]),
        found: `\`${field}\` does not apply to \`fit: ${image.fit}\``,
        expected: `\`${field}\` only with \`fit: ${fit}\``,
        remedy: `set \`fit: ${fit}\`, or remove \`${field}\``,
      }));
  });
}

/** Something has to be left for training. */
export function splitShares({ stages, locator }: LintContext): Problem[] {
  return stagesOf(stages, 'ingest').flatMap(({ name, config: { split } }) => {
    if (split === undefined || split.validation + split.test < 1) return [];
    return [
      {
        code: 'split-leaves-nothing',
        ...locator.at(['stages', name, 'split']),
        found: `validation and test take ${split.validation} and ${split.test} of the images`,
        expected: 'shares that add up to less than 1, so that images remain for training',
      },
    ];
  });
}
