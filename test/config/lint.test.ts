import { expect, test } from '@jest/globals';
import { changed, petsYaml, testProject } from './project.js';

const project = testProject();

test('a sigmoid with the categorical loss, a softmax with the binary one', async () => {
  const sigmoid = changed(petsYaml, 'loss: binary_crossentropy', 'loss: categorical_crossentropy');
  expect(await project.complaint(sigmoid)).toBe(`pets.yaml:24:11: \`categorical_crossentropy\` does not fit the head \`build-head\`, which ends in a sigmoid (line 20)
  23 |     optimizer: adam
  24 |     loss: categorical_crossentropy
     |           ^^^^^^^^^^^^^^^^^^^^^^^^
  25 |     epochs: 5
  expected: \`binary_crossentropy\`, or \`auto\`, which follows the head
  -> write \`loss: binary_crossentropy\``.replace(/pets.yaml:24|(?<=\n {2})2[345](?= \|)/g, (text) => shift(text)));
  const { problems } = await project.refuse(changed(petsYaml, '{units: 1, activation: sigmoid}', '{units: 2, activation: softmax}'));
  expect(problems.map(({ code, remedy }) => [code, remedy])).toEqual([['loss-does-not-fit', 'write `loss: categorical_crossentropy`']]);
});
