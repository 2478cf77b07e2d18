/** pipeline completion: completes commands, options, files, stages, runs and bases in bash, zsh and fish. */
import { failure } from '../core/problem.js';
import type { CommandSpec } from './host.js';

const help = `
Prints a script for the shell, which asks this command for what fits. With words after --, prints what can come next: the
last word is the one being typed.

Examples:
  pipeline completion bash >> ~/.bashrc
  pipeline completion zsh > "\${fpath[1]}/_pipeline"
  pipeline completion fish > ~/.config/fish/completions/pipeline.fish`;

export const completion: CommandSpec = {
  register(program, host, done) {
    program
      .command('completion')
      .description('print a script that completes commands in bash, zsh or fish')
      .argument('<shell>', 'bash, zsh or fish')
      .argument('[words...]', 'the words of a command line, after --')
      .addHelpText('after', help)
      .action(async (name: string, words: string[]) => {
        const [{ scriptOf, shells }, { complete }, { valuesAt }] = await Promise.all([
          import('./completion/scripts.js'),
          import('./completion/complete.js'),
          import('./completion/values.js'),
        ]);
        const shell = shells.find((one) => one === name);
        if (shell === undefined)
          throw failure('invalid', {
            code: 'bad-option',
            where: 'completion',
            found: `must be for ${shells.join(', ')}, but got \`${name}\``,
          });
        done(0);
        if (words.length === 0) return host.stdout(scriptOf(shell));
        const { native, candidates } = await complete(program, joined(words), (place) => valuesAt(place, host));
        host.stdout([native, ...candidates.map((one) => `${one.value}\t${one.description}`)].join('\n') + '\n');
      });
  },
};

/** bash makes `--from=train` three words, and completes the last one alone. */
function joined(words: readonly string[]): string[] {
  return words.reduce<string[]>((all, word, index) => {
    const before = all.at(-1);
    if (index > 0 && word === '=' && before !== undefined && !before.startsWith('--')) all[all.length - 1] += '=';
    else if (index > 0 && words[index - 1] === '=' && before?.endsWith('=')) all[all.length - 1] += word;
    else if (word !== '=') all.push(word);
    // An option and its value are two words as well.
    else if (index === words.length - 1) all.push('');
    return all;
  }, []);
}
