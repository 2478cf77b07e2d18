/** What a run with `--quiet` shows as it proceeds: the problems that stop it. */
import { formatProblems } from './problems.js';
import type { Reporter, TerminalOptions } from './terminal.js';

export function quietReporter(
  options: Pick<TerminalOptions, 'write' | 'cwd' | 'color' | 'width' | 'program'>,
): Reporter {
  return {
    show: (event) => {
      // The last line of the run shows that it was interrupted.
      if (event.event === 'problem' && event.problem.code !== 'interrupted')
        options.write(`${formatProblems([event.problem], options)}\n`);
    },
    close: () => undefined,
  };
}
