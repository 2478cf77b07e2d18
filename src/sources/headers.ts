/** Request headers whose values come from the environment, so that no pipeline file contains a secret. */
import { failure } from '../core/problem.js';

/**
 * The headers with their values. The schema lets a pipeline name variables of the prefix `PIPELINE_` only: a file of a
 * stranger names both the server and the variable, and must not be able to send any other secret of this machine. Throws
 * `invalid` for a variable that is not set, or that cannot be the value of a header; the message never contains it.
 */
export function headersFrom(
  names: Readonly<Record<string, string>>,
  environment: NodeJS.ProcessEnv,
  where: string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(names).map(([header, variable]) => {
      const value = environment[variable];
      const found =
        value === undefined || value === ''
          ? `is not set; it contains the header ${header}`
          : /[^\t\x20-\x7e]/.test(value)
            ? 'contains a line break or another character that a header cannot have'
            : undefined;
      if (found === undefined) return [header, value!];
      throw failure('invalid', {
        code: 'header-variable',
        where,
        field: ['headers_env'],
        found: `the environment variable ${variable} ${found}`,
        remedy: `set ${variable} to the value of the header, such as \`Bearer TOKEN\``,
      });
    }),
  );
}
