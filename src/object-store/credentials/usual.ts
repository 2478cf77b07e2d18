/** Where credentials are looked for, in the order of Amazon's own tools. */
import type { HttpClient } from '../http-client.js';
import { CredentialChain, fromEnvironment } from './credentials.js';
import { fromContainer, fromInstance } from './from-machine.js';
import { fromProfile } from './from-profile.js';
import { fromWebIdentity, stsEndpoint } from './web-identity.js';

export function usualCredentials(environment: NodeJS.ProcessEnv, region: string, client: HttpClient): CredentialChain {
  const sts = { endpoint: stsEndpoint(environment, region), client };
  return new CredentialChain([
    fromEnvironment(environment),
    fromWebIdentity(environment, sts),
    fromProfile(environment, sts),
    fromContainer(environment),
    fromInstance(environment),
  ]);
}
