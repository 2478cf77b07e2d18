/** The files that `aws configure` writes: `~/.aws/credentials` and `~/.aws/config`. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readRegular } from '../../core/regular-file.js';

/** The settings of a profile, by their names in lower case. */
export type Profile = ReadonlyMap<string, string>;

const LARGEST = 1024 ** 2;

/** The profile that the environment names, or `default`; undefined if neither file has it. */
export async function readProfile(environment: NodeJS.ProcessEnv): Promise<Profile | undefined> {
  const folder = join(environment.HOME || homedir(), '.aws');
  const name = profileName(environment);
  const [config, credentials] = await Promise.all([
    sectionsOf(environment.AWS_CONFIG_FILE || join(folder, 'config')),
    sectionsOf(environment.AWS_SHARED_CREDENTIALS_FILE || join(folder, 'credentials')),
  ]);
  const general = config.get(`profile ${name}`) ?? (name === 'default' ? config.get(name) : undefined);
  const secret = credentials.get(name);
  if (general === undefined && secret === undefined) return undefined;
  return new Map([...(general ?? []), ...(secret ?? [])]);
}

export function profileName(environment: NodeJS.ProcessEnv): string {
  return environment.AWS_PROFILE || 'default';
}

/** None for a file that does not exist. */
async function sectionsOf(path: string): Promise<ReadonlyMap<string, Profile>> {
  try {
    return parseSections((await readRegular(path, { limit: LARGEST })).toString('utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
}

/** Indented lines belong to the setting above, such as `s3 =`, and are of no use here. */
function parseSections(text: string): ReadonlyMap<string, Profile> {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const [, heading] = /^\[([^\]]+)\]/.exec(line) ?? [];
    if (heading !== undefined) {
      const name = heading.trim().replace(/^profile\s+["']?([^"']+)["']?$/, 'profile $1');
      section = sections.get(name) ?? new Map<string, string>();
      sections.set(name, section);
      continue;
    }
    const [, key, value] = /^([^\s#;=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined) section?.set(key.toLowerCase(), value.replace(/\s[#;].*$/, ''));
  }
  return sections;
}
