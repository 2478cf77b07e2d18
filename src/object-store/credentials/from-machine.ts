/** Credentials that containers and machines of Amazon have. */
import { readRegular } from '../../core/regular-file.js';
import { HttpClient, NetworkFailure, readAtMost, type HttpRequest } from '../http-client.js';
import { usualTiming } from '../timing.js';
import { credentialsIn } from './answered.js';
import type { CredentialSource } from './credentials.js';

const LARGEST = 64 * 1024;
/** Elsewhere nothing answers at these addresses. */
const nearby = { ...usualTiming, connectMs: 1000, silentMs: 1000 };
/** What may be asked without TLS: services of ECS and EKS on this machine. */
const localHosts: ReadonlySet<string> = new Set([
  ...['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]'],
  ...['localhost', '127.0.0.1', '[::1]'],
]);

/** Of tasks of ECS and pods of EKS. */
export function fromContainer(environment: NodeJS.ProcessEnv): CredentialSource {
  return async () => {
    const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = environment;
    if (!path && !full) return undefined;
    const address = path ? `http://169.254.170.2${path}` : full!;
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (url === undefined || (url.protocol !== 'https:' && !(url.protocol === 'http:' && localHosts.has(url.hostname))))
      throw new Error('AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL that uses https or a service of this machine');
    const file = environment.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
    const token = file
      ? (await readRegular(file, { limit: LARGEST })).toString('utf8').trim()
      : environment.AWS_CONTAINER_AUTHORIZATION_TOKEN;
    const headers = token ? { authorization: token } : undefined;
    const { status, text } = await ask({ method: 'GET', url, headers });
    const found = status === 200 ? credentialsIn(text) : undefined;
    if (found === undefined) throw new Error(`${url.host} answers HTTP ${status} and no credentials of this container`);
    return found;
  };
}

/** Of the role of an EC2 instance; undefined on any other machine. */
export function fromInstance(environment: NodeJS.ProcessEnv): CredentialSource {
  return async () => {
    if (environment.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true') return undefined;
    const base = environment.AWS_EC2_METADATA_SERVICE_ENDPOINT || 'http://169.254.169.254';
    const at = (path: string): URL => new URL(`/latest/${path}`, base);
    try {
      const ttl = { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' };
      const token = await ask({ method: 'PUT', url: at('api/token'), headers: ttl });
      if (token.status !== 200) return undefined;
      const headers = { 'x-aws-ec2-metadata-token': token.text };
      const roles = await ask({ method: 'GET', url: at('meta-data/iam/security-credentials/'), headers });
      const [role] = roles.text.trim().split('\n');
      if (roles.status !== 200 || !role) return undefined;
      const url = at(`meta-data/iam/security-credentials/${encodeURIComponent(role)}`);
      const { status, text } = await ask({ method: 'GET', url, headers });
      return status === 200 ? credentialsIn(text) : undefined;
    } catch (error) {
      if (error instanceof NetworkFailure) return undefined;
      throw error;
    }
  };
}

async function ask(request: HttpRequest): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await new HttpClient(nearby).send(request);
  const bytes = await readAtMost(LARGEST, answer);
  return { status: answer.status, text: bytes?.toString('utf8') ?? '' };
}
