import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CredentialChain, type Credentials } from '../../src/object-store/credentials/credentials.js';
import { usualCredentials } from '../../src/object-store/credentials/usual.js';
import { HttpClient } from '../../src/object-store/http-client.js';
import { openObjectStore } from '../../src/object-store/open.js';
import { usualTiming } from '../../src/object-store/timing.js';
import { textAt } from './contents.js';
import { refusal, ScriptedServer } from './scripted.js';

let home: string;
const server = new ScriptedServer();
beforeAll(async () => {
  await server.start();
  home = await mkdtemp(join(tmpdir(), 'credentials-'));
  await mkdir(join(home, '.aws'));
});
beforeEach(async () => {
  server.script();
  for (const name of ['config', 'credentials']) await rm(join(home, '.aws', name), { force: true });
});
afterAll(async () => {
  await server.stop();
  await rm(home, { recursive: true });
});

const found = (environment: NodeJS.ProcessEnv): Promise<Credentials | undefined> =>
  usualCredentials(
    { HOME: home, PATH: process.env.PATH, AWS_EC2_METADATA_DISABLED: 'true', ...environment },
    'us-east-1',
    new HttpClient({ ...usualTiming, backoffMs: 1 }),
  ).get();
const write = (name: string, text: string): Promise<void> => writeFile(join(home, '.aws', name), text);

test('the environment comes first, then profiles', async () => {
  await write('credentials', '[default]\naws_access_key_id = file\naws_secret_access_key = secret\n');
  const environment = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
  expect(await found(environment)).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret' });
  expect(await found({ ...environment, AWS_SESSION_TOKEN: 'token' })).toMatchObject({ sessionToken: 'token' });
  expect(await found({ AWS_ACCESS_KEY_ID: 'half' })).toMatchObject({ accessKeyId: 'file' });
  await rm(join(home, '.aws', 'credentials'));
  expect(await found({})).toBeUndefined();
});

test('a line break at the end is cut off, and one within is refused without the value', async () => {
  const environment = { AWS_ACCESS_KEY_ID: 'id\n', AWS_SECRET_ACCESS_KEY: ' secret\n', AWS_SESSION_TOKEN: 't\n' };
  expect(await found(environment)).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 't' });
  for (const name of Object.keys(environment)) {
    const error = await found({ ...environment, [name]: 'hidden\nsecret' }).then(
      String,
      (reason: Error) => reason.message,
    );
    expect(error).toMatch(/^a key or a session token contains a space, a line break/);
    expect(error).not.toMatch(/hidden/);
  }
});

test('profiles are read as the tools of Amazon write them', async () => {
  await write(
    'credentials',
    '# mine\r\n[work]\r\naws_access_key_id=AK\r\naws_secret_access_key = a/b+c=d  \r\naws_session_token = t\r\n',
  );
  await write(
    'config',
    '[profile work]\nregion = eu-west-1\naws_access_key_id = other\ns3 =\n  addressing_style = path\n[default]\nregion = us-west-2\n',
  );
  expect(await found({ AWS_PROFILE: 'work' })).toEqual({
    ...{ accessKeyId: 'AK', secretAccessKey: 'a/b+c=d', sessionToken: 't' },
  });
  expect(await found({})).toBeUndefined();
  await expect(found({ AWS_PROFILE: 'missing' })).rejects.toThrow(
    'AWS_PROFILE names the profile `missing`, which does not exist',
  );
  await writeFile(join(home, 'elsewhere'), '[default]\naws_access_key_id = E\naws_secret_access_key = S\n');
  expect(await found({ AWS_SHARED_CREDENTIALS_FILE: join(home, 'elsewhere') })).toMatchObject({ accessKeyId: 'E' });
  expect(await found({ AWS_CONFIG_FILE: join(home, 'elsewhere') })).toMatchObject({ accessKeyId: 'E' });
});

test('region and endpoint come from the options, the environment or the profile', async () => {
  await write('config', `[default]\nregion = eu-north-1\nendpoint_url = ${server.origin}\n`);
  const asked = async (options: object, environment: NodeJS.ProcessEnv): Promise<string> => {
    server.script({ body: 'ok' });
    const all = { HOME: home, AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', ...environment };
    await textAt(await openObjectStore('s3://team', options, all), 'a');
    return /Credential=id\/\d+\/([^/]+)/.exec(server.asked[0].headers.authorization!)![1];
  };
  expect(await asked({}, {})).toBe('eu-north-1');
  expect(await asked({}, { AWS_DEFAULT_REGION: 'eu-central-1' })).toBe('eu-central-1');
  expect(await asked({}, { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-central-1' })).toBe('eu-west-1');
  expect(await asked({ region: 'sa-east-1' }, { AWS_REGION: 'eu-west-1' })).toBe('sa-east-1');
  await rm(join(home, '.aws', 'config'));
  expect(await asked({}, { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_S3: server.origin })).toBe(
    'us-east-1',
  );
  expect(await asked({ endpoint: server.origin }, { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' })).toBe('us-east-1');
});

test('a program prints credentials, and nothing it prints is in a message', async () => {
  const printed = {
    Version: 1,
    AccessKeyId: 'P',
    SecretAccessKey: 'S',
    SessionToken: 'T',
    Expiration: '2030-01-02T03:04:05Z',
  };
  await writeFile(join(home, 'printed.json'), JSON.stringify(printed));
  await write('config', `[default]\ncredential_process = cat "${join(home, 'printed.json')}"\n`);
  expect(await found({})).toEqual({
    ...{ accessKeyId: 'P', secretAccessKey: 'S', sessionToken: 'T', expiresMs: Date.UTC(2030, 0, 2, 3, 4, 5) },
  });
  for (const command of ['echo hidden-secret', 'echo hidden-secret; echo hidden-secret >&2; exit 7']) {
    await write('config', `[default]\ncredential_process = ${command}\n`);
    const error = await found({}).then(String, (reason: Error) => reason.message);
    expect(error).toMatch(/^the credential_process of the profile `default` (does not print|ended with 7)/);
    expect(error).not.toContain('hidden-secret');
  }
});

test('what is not supported is named, with a way around', async () => {
  for (const setting of [
    'role_arn = arn:aws:iam::1:role/r\nsource_profile = base\naws_access_key_id = A\naws_secret_access_key = S',
    'sso_session = work',
  ]) {
    await write('config', `[profile p]\n${setting}\n`);
    await expect(found({ AWS_PROFILE: 'p' })).rejects.toThrow(
      /uses (role_arn|sso_session), which is not supported; run eval "\$\(aws configure export-credentials --profile p/,
    );
  }
});

const answer = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
  <Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s+/=</SecretAccessKey><SessionToken>t</SessionToken>
  <Expiration>2030-01-02T03:04:05Z</Expiration></Credentials>
</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;

test('a web identity is exchanged for a role, without a signature', async () => {
  await writeFile(join(home, 'token'), 'signed+by/someone=\n');
  const role = { AWS_ROLE_ARN: 'arn:aws:iam::1:role/ci', AWS_WEB_IDENTITY_TOKEN_FILE: join(home, 'token') };
  const environment = { ...role, AWS_ENDPOINT_URL_STS: server.origin, AWS_ROLE_SESSION_NAME: 'job 7' };
  server.script({ status: 500 }, { body: answer });
  const expected = {
    accessKeyId: 'ASIA',
    secretAccessKey: 's+/=',
    sessionToken: 't',
    expiresMs: Date.UTC(2030, 0, 2, 3, 4, 5),
  };
  expect(await found(environment)).toEqual(expected);
  const [, { method, headers, body }] = server.asked;
  expect({ method, type: headers['content-type'] }).toEqual({
    method: 'POST',
    type: 'application/x-www-form-urlencoded',
  });
  expect(headers.authorization).toBeUndefined();
  expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
    ...{ Action: 'AssumeRoleWithWebIdentity', Version: '2011-06-15', RoleArn: 'arn:aws:iam::1:role/ci' },
    ...{ RoleSessionName: 'job 7', WebIdentityToken: 'signed+by/someone=' },
  });
  await write(
    'config',
    `[default]\nrole_arn = arn:aws:iam::1:role/ci\nweb_identity_token_file = ${join(home, 'token')}\n`,
  );
  server.script({ body: answer });
  expect(await found({ AWS_ENDPOINT_URL_STS: server.origin })).toEqual(expected);
  server.script({
    status: 400,
    body: '<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>signed+by</Message></Error></ErrorResponse>',
  });
  const error = await found(environment).then(String, (reason: Error) => reason.message);
  expect(error).toContain('refuses the web identity: InvalidIdentityToken; check AWS_ROLE_ARN');
  expect(error).not.toContain('signed+by');
});

const inJson = JSON.stringify({
  AccessKeyId: 'C',
  SecretAccessKey: 'S',
  Token: 'T',
  Expiration: '2030-01-02T03:04:05Z',
});
const fromJson = {
  accessKeyId: 'C',
  secretAccessKey: 'S',
  sessionToken: 'T',
  expiresMs: Date.UTC(2030, 0, 2, 3, 4, 5),
};

test('a container asks the service that its environment names, on this machine or by https', async () => {
  server.script({ body: inJson });
  const full = `${server.origin}/creds`;
  expect(await found({ AWS_CONTAINER_CREDENTIALS_FULL_URI: full, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'mine' })).toEqual(
    fromJson,
  );
  expect(server.asked).toMatchObject([{ url: '/creds', headers: { authorization: 'mine' } }]);
  await writeFile(join(home, 'pod-token'), 'of the pod\n');
  await found({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: full,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(home, 'pod-token'),
  });
  expect(server.asked[1].headers.authorization).toBe('of the pod');
  await expect(found({ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://example.com/' })).rejects.toThrow(
    'uses https or a service of this machine',
  );
  server.script({ status: 500, body: 'hidden-secret' });
  await expect(found({ AWS_CONTAINER_CREDENTIALS_FULL_URI: full })).rejects.toThrow(
    /answers HTTP 500 and no credentials of this container$/,
  );
});

test('an instance of EC2 asks for its role with a token', async () => {
  const environment = { AWS_EC2_METADATA_DISABLED: undefined, AWS_EC2_METADATA_SERVICE_ENDPOINT: server.origin };
  server.script({ body: 'imds-token' }, { body: 'the-role\n' }, { body: inJson });
  expect(await found(environment)).toEqual(fromJson);
  expect(server.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'PUT /latest/api/token',
    'GET /latest/meta-data/iam/security-credentials/',
    'GET /latest/meta-data/iam/security-credentials/the-role',
  ]);
  expect(server.asked[2].headers).toMatchObject({ 'x-aws-ec2-metadata-token': 'imds-token' });
  server.script({ status: 404 });
  expect(await found(environment)).toBeUndefined();
  expect(await found({ ...environment, AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1' })).toBeUndefined();
});

test('temporary credentials are replaced shortly before they expire, and kept while that fails', async () => {
  let now = 0;
  let asked = 0;
  let fails = false;
  const hour = 60 * 60_000;
  const source = async (): Promise<Credentials> => {
    asked += 1;
    if (fails) throw new Error('no answer');
    return { accessKeyId: `key-${asked}`, secretAccessKey: 's', expiresMs: now + hour };
  };
  const chain = new CredentialChain([async () => undefined, source], () => now);
  const id = async (): Promise<string> => (await chain.get())!.accessKeyId;
  expect(await Promise.all([id(), id(), id()])).toEqual(['key-1', 'key-1', 'key-1']);
  now = hour - 6 * 60_000;
  expect(await id()).toBe('key-1');
  now = hour - 4 * 60_000;
  fails = true;
  expect(await id()).toBe('key-1');
  expect(await id()).toBe('key-1');
  expect(asked).toBe(2);
  now += 11_000;
  fails = false;
  expect(await id()).toBe('key-3');
  fails = true;
  now += hour;
  await expect(id()).rejects.toThrow('no answer');
});

test('credentials that the server calls expired are read once more', async () => {
  await write('credentials', '[default]\naws_access_key_id = old\naws_secret_access_key = s\n');
  const environment = { HOME: home, AWS_EC2_METADATA_DISABLED: 'true' };
  const store = await openObjectStore('s3://team', { endpoint: server.origin }, environment);
  const ids = (): string[] => server.asked.map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization!)![1]);
  server.script({ body: 'ok' });
  await textAt(store, 'a');
  await write('credentials', '[default]\naws_access_key_id = new\naws_secret_access_key = s\n');
  server.script(refusal(400, 'ExpiredToken'), { body: 'ok' });
  expect(await textAt(store, 'a')).toBe('ok');
  expect(ids()).toEqual(['old', 'new']);
  server.script(refusal(400, 'ExpiredToken'));
  await expect(store.get('a')).rejects.toMatchObject({
    kind: 'denied',
    message: 's3://team: the temporary credentials have expired; get new ones',
  });
  expect(server.asked).toHaveLength(2);
});

test('credentials that cannot be had deny the operation, in words', async () => {
  const store = await openObjectStore('s3://team', { endpoint: server.origin }, { HOME: home, AWS_PROFILE: 'gone' });
  await expect(store.get('a')).rejects.toMatchObject({
    kind: 'denied',
    message: 's3://team: no credentials: AWS_PROFILE names the profile `gone`, which does not exist',
  });
  expect(server.asked).toEqual([]);
});
