/** A role by a token that something else has signed: pods of EKS, jobs of GitHub Actions. */
import { readRegular } from '../../core/regular-file.js';
import { readAtMost, type HttpClient } from '../http-client.js';
import { isElement, parseXml, textOf, type XmlElement } from '../s3/xml.js';
import { ATTEMPTS, backOff } from '../timing.js';
import { credentialsFrom } from './answered.js';
import type { Credentials, CredentialSource } from './credentials.js';

const LARGEST = 64 * 1024;

/** Where the Security Token Service is. */
export interface StsPlace {
  readonly endpoint: string;
  readonly client: HttpClient;
}

/** The endpoint that the environment names, or Amazon's in a region. */
export function stsEndpoint(environment: NodeJS.ProcessEnv, region: string): string {
  const named = environment.AWS_ENDPOINT_URL_STS || environment.AWS_ENDPOINT_URL;
  return named || `https://sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

interface Role {
  readonly roleArn: string;
  readonly tokenFile: string;
  readonly session: string | undefined;
}

export function fromWebIdentity(environment: NodeJS.ProcessEnv, sts: StsPlace): CredentialSource {
  return async () => {
    const { AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile } = environment;
    if (!roleArn || !tokenFile) return undefined;
    return assumeByToken({ roleArn, tokenFile, session: environment.AWS_ROLE_SESSION_NAME || undefined }, sts);
  };
}

export async function assumeByToken({ roleArn, tokenFile, session }: Role, sts: StsPlace): Promise<Credentials> {
  // Read each time: it is replaced before it expires.
  const token = (await readRegular(tokenFile, { limit: LARGEST })).toString('utf8').trim();
  const form = new URLSearchParams({
    ...{ Action: 'AssumeRoleWithWebIdentity', Version: '2011-06-15', RoleArn: roleArn },
    ...{ RoleSessionName: session ?? `pipeline-${process.pid}`, WebIdentityToken: token },
  });
  const xml = await ask(Buffer.from(form.toString()), sts);
  const answer = await parseXml(xml, 'AssumeRoleWithWebIdentityResponse');
  const result = answer && below(answer, 'AssumeRoleWithWebIdentityResult', 'Credentials');
  const get = (name: string): string | undefined => (result === undefined ? undefined : textOf(result, name)?.trim());
  const found = credentialsFrom(get('AccessKeyId'), get('SecretAccessKey'), get('SessionToken'), get('Expiration'));
  if (found === undefined) throw new Error(`${sts.endpoint} answers without credentials`);
  return found;
}

async function ask(form: Buffer, { endpoint, client }: StsPlace): Promise<string> {
  if (!URL.canParse(endpoint)) throw new Error('AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL is not a URL');
  const url = new URL(endpoint);
  for (let attempt = 1; ; attempt++) {
    const answer = await client.send({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: {
        size: form.length,
        async *read() {
          yield form;
        },
      },
    });
    const text = (await readAtMost(LARGEST, answer))?.toString('utf8') ?? '';
    if (answer.status === 200) return text;
    if (answer.status >= 500 && attempt < ATTEMPTS) {
      await backOff(attempt, client.timing, undefined);
      continue;
    }
    const response = await parseXml(text, 'ErrorResponse');
    const error = response && below(response, 'Error');
    const code = (error && textOf(error, 'Code')) ?? `HTTP ${answer.status}`;
    throw new Error(
      `${url.host} refuses the web identity: ${code.slice(0, 100)}; check AWS_ROLE_ARN and whom the role trusts`,
    );
  }
}

/** An element inside others. */
function below(element: XmlElement, ...names: readonly string[]): XmlElement | undefined {
  let found: XmlElement = element;
  for (const name of names) {
    const next = found[name];
    if (!isElement(next)) return undefined;
    found = next;
  }
  return found;
}
