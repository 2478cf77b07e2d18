/** Credentials of a profile. */
import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { credentialsFrom, credentialsIn } from './answered.js';
import type { Credentials, CredentialSource } from './credentials.js';
import { profileName, readProfile, type Profile } from './profiles.js';
import { assumeByToken, type StsPlace } from './web-identity.js';

const PROCESS_MS = 60_000;
const LARGEST = 64 * 1024;

export function fromProfile(environment: NodeJS.ProcessEnv, sts: StsPlace): CredentialSource {
  return async () => {
    const profile = await readProfile(environment);
    const name = profileName(environment);
    if (profile !== undefined) return ofProfile(profile, name, environment, sts);
    if (environment.AWS_PROFILE) throw new Error(`AWS_PROFILE names the profile \`${name}\`, which does not exist`);
    return undefined;
  };
}

async function ofProfile(
  profile: Profile,
  name: string,
  environment: NodeJS.ProcessEnv,
  sts: StsPlace,
): Promise<Credentials | undefined> {
  const get = (key: string): string | undefined => profile.get(key) || undefined;
  const roleArn = get('role_arn');
  const tokenFile = get('web_identity_token_file');
  if (roleArn !== undefined && tokenFile !== undefined)
    return assumeByToken({ roleArn, tokenFile, session: get('role_session_name') }, sts);
  const unsupported = ['role_arn', 'sso_session', 'sso_start_url', 'login_session'].find(
    (key) => get(key) !== undefined,
  );
  // A profile may have keys as well, which are those of the role's user.
  if (unsupported !== 'role_arn') {
    const found = credentialsFrom(
      get('aws_access_key_id'),
      get('aws_secret_access_key'),
      get('aws_session_token'),
      undefined,
    );
    if (found !== undefined) return found;
    const command = get('credential_process');
    if (command !== undefined) return ofProcess(command, name, environment);
  }
  if (unsupported === undefined) return undefined;
  throw new Error(
    `the profile \`${name}\` uses ${unsupported}, which is not supported; run eval "$(aws configure export-credentials --profile ${name} --format env)" first, or make a profile with \`credential_process = aws configure export-credentials --profile ${name}\``,
  );
}

/** What it prints is never in a message: it may be a secret. */
async function ofProcess(command: string, name: string, environment: NodeJS.ProcessEnv): Promise<Credentials> {
  const failed = (why: string): Error => new Error(`the credential_process of the profile \`${name}\` ${why}`);
  const { stdout } = await promisify(exec)(command, {
    ...{ env: environment, timeout: PROCESS_MS, maxBuffer: LARGEST, windowsHide: true, encoding: 'utf8' },
  }).catch((error: { code?: number | string; killed?: boolean }) => {
    if (error.killed) throw failed(`printed too much, or did not end within ${PROCESS_MS / 1000} s`);
    throw failed(`ended with ${error.code}; run it by hand to see why: ${command.split(/\s/)[0]}`);
  });
  const found = credentialsIn(stdout);
  if (found === undefined) throw failed('does not print credentials as JSON');
  return found;
}
