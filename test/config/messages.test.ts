import { expect, test } from '@jest/globals';
import { changed, petsYaml, testProject } from './project.js';

const project = testProject();

/** Parts of the valid pipeline, what they are changed to, and the one message that comes of it. */
const messages: readonly (readonly [from: string, to: string, message: string])[] = [
  ['version: 1', 'version: 2', '1:10 `version` is 2 | 1 |'],
  ['version: 1', 'version: 1\nseed: 1.5', '2:7 `seed` is 1.5 | an integer from 0 to 9007199254740991 |'],
  ['version: 1\n', '', '1:1 the pipeline has no `version` | 1 | add `version:`'],
  [
    '  evaluate: {}',
    '  evaluate:',
    '26:3 `evaluate` is empty | a mapping of `uses`, `model`, `data`, `split`, `threshold` and `minimum` | write `evaluate: {}`',
  ],
  [
    '  evaluate: {}',
    '  evaluate: {uses: evalute}',
    '26:20 `uses` of the stage `evaluate` is the string "evalute", which is not a kind of stage | one of the kinds `augment`, `build-head`, `evaluate`, `export`, `freeze`, `ingest`, `load-base` or `train` | did you mean `evaluate`?',
  ],
  [
    'zoom_range: 0.2',
    'zoom_range: 1',
    '8:17 `zoom_range` is 1 | a number from 0 to below 1, or a list of 2, each item a number above 0 |',
  ],
  [
    'zoom_range: 0.2',
    'zoom_range: .nan',
    '8:17 `zoom_range` is NaN | a number from 0 to below 1, or a list of 2, each item a number above 0 |',
  ],
  [
    'zoom_range: 0.2',
    'horizontal_flip: yes',
    '8:22 `horizontal_flip` is the string "yes" | `true` or `false` | write `true`',
  ],
  [
    'zoom_range: 0.2',
    'views: onlin',
    '8:12 `views` is the string "onlin" | an integer from 1 to 1000, or `online` | did you mean `online`?',
  ],
  ['zoom_range: 0.2', 'views: 0', '8:12 `views` is 0 | an integer from 1 to 1000, or `online` |'],
  [
    'layers: all',
    'layers: al',
    '13:13 `layers` is the string "al" | `all` or `none`, or a list, each item a non-empty string, or a mapping of `until` | did you mean `all`?',
  ],
  [
    'layers: all',
    'layers: {untill: block5_conv1}',
    '13:14 unknown field `untill` in `layers` | `until` | did you mean `until`?',
  ],
  ['layers: all', 'layers: [1]', '13:14 item 1 of `layers` is 1 | a non-empty string |'],
  [
    '- flatten',
    '- flaten',
    '17:9 item 1 of `layers` is the string "flaten" | `flatten`, `global_average_pooling`, `batch_normalization` or `classifier`, or a mapping with exactly one of `flatten`, `global_average_pooling`, `dense`, `dropout`, `batch_normalization`, `activation` or `classifier` | did you mean `flatten`?',
  ],
  [
    '- flatten',
    '- {flatten: {}, dropout: {rate: 0.1}}',
    '17:9 item 1 of `layers` contains `flatten` and `dropout` | exactly one of `flatten`, `global_average_pooling`, `dense`, `dropout`, `batch_normalization`, `activation` or `classifier` | start a new item with `- ` for each',
  ],
  [
    '- flatten',
    '- {}',
    '17:9 item 1 of `layers` is empty | exactly one of `flatten`, `global_average_pooling`, `dense`, `dropout`, `batch_normalization`, `activation` or `classifier` |',
  ],
  ['- flatten', '- flatten: {axis: 1}', '17:19 unknown field `axis` in `flatten` | no fields in `flatten` |'],
  [
    'optimizer: adam',
    'optimizer: {adma: {}}',
    '23:17 unknown field `adma` in `optimizer` | one of `adam`, `sgd` or `rmsprop` | did you mean `adam`?',
  ],
  [
    'optimizer: adam',
    'optimizer: {adam: {lr: 0.1}}',
    '23:24 unknown field `lr` in `adam` | one of `learning_rate`, `beta_1`, `beta_2`, `epsilon`, `clipnorm`, `global_clipnorm` or `clipvalue` | did you mean `learning_rate`?',
  ],
  [
    'optimizer: adam',
    'metrics: accuracy',
    '23:14 `metrics` is the string "accuracy" | a list, each item `accuracy` | write it as a list: [accuracy]',
  ],
  ['optimizer: adam', 'class_weight: {}', '23:19 `class_weight` is empty | at least one entry |'],
  [
    '  evaluate: {}',
    '  evaluate: {minimum: {}}',
    '26:23 `minimum` is empty | at least one of `accuracy`, `macro_precision`, `macro_recall`, `macro_f1`, `roc_auc`, `mAP`, `micro_f1`, `subset_accuracy` or `binary_accuracy` |',
  ],
  [
    'source: pictures',
    'source: pictures\n    classes: [cats, dogs, cats]',
    '5:27 the string "cats" appears twice in `classes` | | remove one of them',
  ],
  [
    'source: pictures',
    'source: pictures\n    image: {size: 96}',
    '5:19 `size` is 96 | a list of 2, each item an integer from 8 to 4096 | write it as a list: [96, 96]',
  ],
  [
    'source: pictures',
    'source: ""',
    '4:13 `source` is the string "" | the path of a file or folder, or a mapping of `path`, `inside`, `url`, `sha256`, `md5`, `size`, `allow_private`, `headers_env`, `endpoint`, `region` and `addressing` |',
  ],
  [
    'weights/model.json',
    '{path: w.json, sha256: ABC}',
    '11:37 `sha256` is the string "ABC" | a SHA-256 digest: 64 hexadecimal digits (0-9, a-f) |',
  ],
  [
    '  evaluate: {}',
    '  my evaluation: {uses: evaluate}',
    '26:3 `my evaluation` is not a valid name for a stage | at most 64 letters, digits, `_` and `-`, starting with a letter |',
  ],
  [
    '  evaluate: {}',
    `  ${'e'.repeat(65)}: {uses: evaluate}`,
    `26:3 \`${'e'.repeat(60)}...\` is not a valid name for a stage | at most 64 letters, digits, \`_\` and \`-\`, starting with a letter |`,
  ],
];

test.each(messages)('%j instead as %j', async (from, to, message) => {
  const { problems } = await project.refuse(changed(petsYaml, from, to));
  const lines = problems.map(({ position, found, expected = '', remedy = '' }) =>
    `${position?.line}:${position?.column} ${found} | ${expected} | ${remedy}`.replace(/ {2,}/g, ' ').trim(),
  );
  expect(lines).toEqual([message]);
});

test('a setting that is not indented far enough is reported with its layer', async () => {
  const { problems } = await project.refuse(
    changed(petsYaml, '- dense: {units: 256, activation: relu}', '- dense:\n        units: 256'),
  );
  expect(problems.map(({ position, found, remedy }) => [position?.line, found, remedy])).toEqual([
    [18, '`dense` is empty', 'write a value after `dense:`, or remove the line'],
    [19, 'unknown field `units` in item 2 of `layers`', 'indent it so that it belongs to `dense:`'],
  ]);
});

test.each([
  ['lr', 'optimizer.adam.learning_rate'],
  ['learning_rate', 'optimizer.adam.learning_rate'],
  ['patience', 'reduce_on_plateau.patience'],
])('%s beside the optimizer belongs further in', async (name, path) => {
  const { problems } = await project.refuse(changed(petsYaml, 'optimizer: adam', `${name}: 3`));
  expect(problems.map(({ found, remedy }) => [found, remedy])).toEqual([
    [`unknown field \`${name}\` in \`train\``, `it belongs deeper, for example \`${path}\``],
  ]);
});

test('a name of 64 letters is taken', async () => {
  const name = 'e'.repeat(64);
  const pipeline = await project.load(changed(petsYaml, '  evaluate: {}', `  ${name}: {uses: evaluate}`));
  expect(pipeline.stages.map((stage) => stage.name)).toContain(name);
});

test('an item of a list that is empty has no name to write something after', async () => {
  const { problems } = await project.refuse(changed(petsYaml, '- flatten', '-'));
  expect(problems.map(({ found, remedy }) => [found, remedy])).toEqual([
    ['item 1 of `layers` is empty', 'write a value, or remove the item'],
  ]);
});
