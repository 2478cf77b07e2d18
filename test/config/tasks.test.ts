/** Fields that fit one task only are refused with the other, each with what to write instead. */
import { expect, test } from '@jest/globals';
import { changed, petsYaml, testProject } from './project.js';

const project = testProject();
const several = changed(
  changed(petsYaml, '- dense: {units: 1, activation: sigmoid}', '- classifier'),
  'source: pictures',
  'source: pictures\n    task: multilabel',
);

test.each([
  [several, '', '', []],
  [
    several,
    'epochs: 5',
    'epochs: 5\n    class_weight: balanced',
    [
      'class-weight-with-multilabel: remove it; `threshold: f1` in the evaluate stage chooses thresholds that suit rare classes',
    ],
  ],
  [
    several,
    'epochs: 5',
    'epochs: 5\n    early_stopping: {monitor: val_accuracy}',
    ['monitor-of-another-task: write `monitor: val_binary_accuracy`'],
  ],
  [several, 'epochs: 5', 'epochs: 5\n    early_stopping: {monitor: val_binary_accuracy}', []],
  [
    several,
    'loss: binary_crossentropy',
    'loss: categorical_crossentropy',
    ['loss-does-not-fit-classes: write `loss: auto`'],
  ],
  [
    several,
    '- classifier',
    '- dense: {units: 3, activation: softmax}',
    [
      'softmax-with-multilabel: use `classifier` instead, which always fits the classes',
      'loss-does-not-fit: write `loss: categorical_crossentropy`',
    ],
  ],
  [several, '- classifier', '- dense: {units: 3, activation: sigmoid}', []],
  [
    several,
    'task: multilabel',
    'task: multilabel\n    per_class: {max: 10}',
    ['per-class-with-multilabel: remove it, or leave rows out of the table'],
  ],
  [several, 'version: 1', 'version: 1\ncross_validation: {folds: 5}', []],
  [
    changed(several, 'version: 1', 'version: 1\ncross_validation: {folds: 5}'),
    'evaluate: {}',
    'evaluate: {threshold: f1}',
    [],
  ],
  [
    changed(several, 'version: 1', 'version: 1\ncross_validation: {folds: 5}'),
    'evaluate: {}',
    'evaluate: {threshold: f1, split: test}',
    [
      'no-held-out-evaluation: add one, such as `folds: {uses: evaluate, model: train, threshold: f1}`, or write a number such as `threshold: 0.5`',
    ],
  ],
  [
    petsYaml,
    'epochs: 5',
    'epochs: 5\n    reduce_on_plateau: {monitor: binary_accuracy}',
    ['monitor-of-another-task: write `monitor: accuracy`'],
  ],
  [petsYaml, 'source: pictures', 'source: pictures\n    labels: {table: l.csv, label: kind}', []],
  [several, 'source: pictures', 'source: pictures\n    labels: {table: l.csv, label: [cat, dog]}', []],
  [several, 'source: pictures', 'source: pictures.parquet\n    labels: {label: tags, separator: ";"}', []],
  [
    petsYaml,
    'source: pictures',
    'source: pictures\n    labels: {table: l.csv, label: [cat, dog]}',
    ['columns-of-another-task: write `task: multilabel`, or name one column with the class of each image'],
  ],
  [
    petsYaml,
    'source: pictures',
    'source: pictures\n    labels: {table: l.csv, separator: ";"}',
    ['separator-of-another-task: remove `separator`, or write `task: multilabel`'],
  ],
  [
    several,
    'source: pictures',
    'source: pictures\n    labels: {table: l.csv, label: [cat, dog], separator: ";"}',
    ['separator-with-columns: remove `separator`, or name one column as `label`'],
  ],
  [
    several,
    'source: pictures',
    'source: pictures\n    labels: {pattern: "{label}.jpg", separator: ";"}',
    ['label-fields: remove `separator`'],
  ],
  [
    petsYaml,
    'evaluate: {}',
    'evaluate: {threshold: f1}',
    ['threshold-of-another-task: write a number such as `threshold: 0.5`'],
  ],
])('%#', async (yaml, from, to, expected) => {
  const text = changed(yaml, from, to);
  const problems = expected.length === 0 ? [] : (await project.refuse(text)).problems;
  if (expected.length === 0) await project.load(text);
  expect(problems.map(({ code, remedy }) => `${code}: ${remedy}`)).toEqual(expected);
});
