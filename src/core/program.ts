/** How this tool is started from a shell, so that hints show commands as they must be typed. */

/** How the package managers start a command of an installed package; their names as in `npm_config_user_agent`. */
const runners: Readonly<Record<string, string>> = {
  npm: 'npx',
  pnpm: 'pnpm exec',
  yarn: 'yarn',
  bun: 'bunx',
};

/**
 * `npx` installs a package that a project lacks into a folder of this name, where only the package's name finds it. It
 * links a checkout there too, whose files stay where they are.
 */
const TEMPORARY = /[/\\]_npx[/\\]/;

/**
 * `pipeline`, or `npx pipeline` if a package manager started it: the command is then not on the shell's path. `file` is
 * one of the package, by its real path. The environment is documented at https://docs.npmjs.com/cli/v10/using-npm/scripts#environment.
 */
export function programName({ npm_config_user_agent: agent }: NodeJS.ProcessEnv, file = ''): string {
  const runner = agent === undefined ? undefined : runners[agent.split('/')[0]];
  if (runner === undefined) return 'pipeline';
  return `${runner} ${TEMPORARY.test(file) ? 'transfer-pipeline' : 'pipeline'}`;
}

/** Changes the commands in a hint to what has to be typed: a whole one, and those between backquotes. */
export function asTyped(hint: string, program: string): string {
  return hint.replace(/(^|`)pipeline (?=[a-z])/g, (_, before: string) => `${before}${program} `);
}
