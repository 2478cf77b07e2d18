/** What `init` asks on a terminal: the base, and whether to overwrite a file. */
import { choiceOf, offered, type BaseFacts } from './choices.js';
import { originOf } from './recipe.js';

/** Shows a text and gives the line that is typed; an empty one if the input ends. */
export type Ask = (question: string) => Promise<string>;

/** How often a question is repeated before its default is taken. */
const MOST_TRIES = 3;

/** The name of the base that is chosen, by number or by any name; Enter takes the first. */
export async function askForBase(ask: Ask, bases: readonly BaseFacts[]): Promise<string> {
  const width = Math.max(...offered.map(([name]) => name.length));
  const list = offered.map(
    ([name, use], index) => `  ${index + 1}  ${name.padEnd(width)}  for ${use} (${originOf(choiceOf(name, bases))})\n`,
  );
  let question = `Base network:\n${list.join('')}Choose 1 to ${offered.length}, or type a name [1]: `;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const answer = (await ask(question)).trim();
    if (answer === '') break;
    const named = offered[Number(answer) - 1]?.[0] ?? answer;
    if (bases.some(({ name, imageSize }) => name === named && imageSize !== null)) return named;
    question = `\`${answer}\` is not a base. Choose 1 to ${offered.length}, or type a name [1]: `;
  }
  return offered[0][0];
}

/** Whether to overwrite; Enter is no. */
export async function askToOverwrite(ask: Ask, file: string): Promise<boolean> {
  return /^y(es)?$/i.test((await ask(`${file} exists. Overwrite it? [y/N] `)).trim());
}
