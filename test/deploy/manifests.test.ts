/** The manifests of deploy/ against the schemas of their programs, and against each other. */
import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { python, testWithBotocore, testWithComposeSchema, testWithKubernetesSchemas } from '../python.js';
import { composeFile, kubernetesManifests, valuesOf, type Fields, type Manifest, type Value } from './manifests.js';

const all = kubernetesManifests();
/** What Kubernetes itself knows; KEDA brings the rest. */
const native = all.map(({ manifest }) => manifest).filter(({ apiVersion }) => !apiVersion.startsWith('keda.sh/'));
const named = (kind: string, name: string): Manifest => {
  const found = all.find(({ manifest }) => manifest.kind === kind && manifest.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found.manifest;
};
const variables = {
  ...{ QUEUE_PASSWORD: 'queue-password', S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 'secret' },
  PROJECT: '/project',
};

function problemsOf(given: Fields): string[] {
  const input = JSON.stringify(given);
  return JSON.parse(execFileSync(python, ['test/deploy/schemas.py'], { input, encoding: 'utf8' })) as string[];
}

testWithKubernetesSchemas('Kubernetes accepts every manifest, and no field that it does not know', () => {
  const versions = ['1.30', '1.37'];
  expect(native.length).toBeGreaterThan(7);
  expect(problemsOf({ kubernetes: native, versions })).toEqual([]);
  const wrong = JSON.parse(
    JSON.stringify(named('Deployment', 'pipeline-worker')).replace('readOnlyRootFilesystem', 'readOnlyRootFileSystem'),
  ) as Manifest;
  expect(problemsOf({ kubernetes: [wrong], versions })).toEqual([
    expect.stringMatching(/^Deployment pipeline-worker.*readOnlyRootFileSystem/),
    expect.stringMatching(/^Deployment pipeline-worker.*readOnlyRootFileSystem/),
  ]);
});

testWithComposeSchema('Compose accepts its file, and no field that it does not know', () => {
  const file = composeFile(variables);
  expect(problemsOf({ compose: file })).toEqual([]);
  const wrong = JSON.parse(JSON.stringify(file).replace('healthcheck', 'healtcheck')) as Fields;
  expect(problemsOf({ compose: wrong })).toEqual([expect.stringContaining('healtcheck')]);
});

testWithBotocore('AWS Batch accepts the job definition, and no field that it does not know', () => {
  const text = readFileSync('deploy/aws-batch/job-definition.json', 'utf8');
  const problems = (definition: string): string[] =>
    problemsOf({ batch: { RegisterJobDefinition: JSON.parse(definition) as Fields } });
  expect(problems(text)).toEqual([]);
  expect(problems(text.replace('readonlyRootFilesystem', 'readOnlyRootFilesystem'))).toEqual([
    expect.stringContaining('readOnlyRootFilesystem'),
  ]);
});

test('compose.yaml asks for each secret, and gives none to who needs none', () => {
  for (const name of ['QUEUE_PASSWORD', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY', 'PROJECT'])
    expect(() => composeFile({ ...variables, [name]: '' })).toThrow(name);
  const { services } = composeFile(variables);
  const knowing = (secret: string): string[] =>
    Object.keys(services).filter((name) => JSON.stringify(services[name]).includes(`"${secret}"`));
  expect(knowing('secret')).toEqual(['store', 'worker', 'run']);
  expect(knowing('queue-password')).toEqual(['queue', 'worker', 'run']);
  // In the environment alone: command lines are for everyone to see.
  for (const { command, healthcheck } of Object.values(services))
    expect(JSON.stringify([command, healthcheck])).not.toMatch(/queue-password|secret/);
  expect(Object.values(services).filter(({ ports }) => ports !== undefined)).toEqual([]);
});

test('each container starts after what it waits for is healthy', () => {
  const { services } = composeFile(variables);
  for (const { depends_on: needed = {} } of Object.values(services))
    for (const [name, { condition }] of Object.entries(needed))
      expect([name, services[name].healthcheck !== undefined]).toEqual([name, condition === 'service_healthy']);
});

test('every pod runs without root, privileges, a token, or a file system to write into', () => {
  const pods = native.flatMap((manifest) => valuesOf(manifest, 'template')) as Fields[];
  expect(pods).toHaveLength(4);
  for (const { spec } of pods as { readonly spec: Fields }[]) {
    expect(spec).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } });
    const containers = [...((spec.initContainers ?? []) as Value[]), ...(spec.containers as Value[])];
    for (const container of containers)
      expect(container).toMatchObject({
        image: expect.stringMatching(/:[^:]*\d/),
        resources: { requests: expect.anything(), limits: { memory: expect.any(String) } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      });
  }
});

test('what manifests refer to is there', () => {
  const keysOf = (kind: string, name: string, field: string): string[] =>
    Object.keys(named(kind, name)[field] as Fields);
  const secrets = all.flatMap(({ manifest }) => valuesOf(manifest, 'secretKeyRef')) as { name: string; key: string }[];
  const ofKeda = valuesOf(named('TriggerAuthentication', 'pipeline-queue'), 'secretTargetRef').flat() as typeof secrets;
  expect(secrets.length).toBeGreaterThan(8);
  for (const { name, key } of [...secrets, ...ofKeda]) expect(keysOf('Secret', name, 'stringData')).toContain(key);
  const maps = all.flatMap(({ manifest }) => [
    ...valuesOf(manifest, 'configMapRef'),
    ...valuesOf(manifest, 'configMap'),
  ]) as { name: string }[];
  expect(maps.length).toBeGreaterThan(4);
  for (const { name } of maps) expect(named('ConfigMap', name)).toBeDefined();
});

/** The fields of KEDA 2 that autoscale.yaml uses; its controller ignores any other. */
const text = { type: 'string', minLength: 1 };
const closed = (properties: Fields, required = Object.keys(properties)): Fields => ({
  ...{ type: 'object', additionalProperties: false },
  ...{ properties, required },
});
const scaledObject = closed({
  scaleTargetRef: closed({ name: text }),
  minReplicaCount: { type: 'integer', minimum: 0 },
  maxReplicaCount: { type: 'integer', minimum: 1 },
  pollingInterval: { type: 'integer', minimum: 1 },
  cooldownPeriod: { type: 'integer', minimum: 0 },
  triggers: {
    type: 'array',
    items: closed({
      type: { const: 'redis' },
      authenticationRef: closed({ name: text }),
      // All of them are strings.
      metadata: closed({ address: text, listName: text, listLength: { type: 'string', pattern: '^[1-9][0-9]*$' } }),
    }),
  },
});

test('KEDA scales the workers, by lists at the address of the queue', () => {
  const { spec } = named('ScaledObject', 'pipeline-worker') as unknown as { spec: Fields };
  const validate = new Ajv().compile(scaledObject);
  expect([validate(spec), validate.errors]).toEqual([true, null]);
  expect(named('Deployment', String((spec.scaleTargetRef as Fields).name)).spec).not.toHaveProperty('replicas');
  const [{ port }] = valuesOf(named('Service', 'pipeline-queue'), 'ports').flat() as { port: number }[];
  expect(new Set(valuesOf(spec, 'address'))).toEqual(new Set([`pipeline-queue:${port}`]));
});
