/** The engines that a pipeline file or a call chooses between. */
import { failure } from './problem.js';
import { engineChoices, type EngineChoice } from './schema-types.js';

/** The engine of that name, as `--engine` gives it. Throws `invalid` for any other word. */
export function engineChoiceOf(name: string): EngineChoice {
  const choice = engineChoices.find((one) => one === name);
  if (choice !== undefined) return choice;
  throw failure('invalid', {
    code: 'bad-option',
    where: '--engine',
    found: `${name} is not an engine`,
    expected: `one of ${engineChoices.join(', ')}`,
  });
}
