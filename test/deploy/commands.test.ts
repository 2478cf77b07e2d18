/** The commands in the manifests of deploy/, and the names that they share with BullMQ. */
import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { composeFile, kubernetesManifests, valuesOf } from './manifests.js';

const all = kubernetesManifests();
const variables = { QUEUE_PASSWORD: 'a', S3_ACCESS_KEY_ID: 'b', S3_SECRET_ACCESS_KEY: 'c', PROJECT: '/project' };

test('every option of a command in the manifests is one of the command', () => {
  const commands = [
    ...(all.flatMap(({ manifest }) => valuesOf(manifest, 'args')) as string[][]).filter(([first]) =>
      /^\w+$/.test(first),
    ),
    ...['worker', 'run'].map((name) => composeFile(variables).services[name].command ?? []),
  ];
  expect(commands).toHaveLength(5);
  for (const [name, ...words] of commands) {
    const help = execFileSync('node', ['dist/cli.js', name, '--help'], { encoding: 'utf8' });
    for (const [option] of words.flatMap((word) => [...word.matchAll(/^--[a-z-]+/g)]))
      expect(help).toContain(`${option} `);
  }
});

test('KEDA counts the lists in which BullMQ has the jobs of the usual queue', async () => {
  const scaled = all.find(({ manifest }) => manifest.kind === 'ScaledObject');
  const { QueueKeys } = await import('bullmq');
  const keyOf = (list: string): string => new QueueKeys().toKey('pipeline', list);
  expect(valuesOf(scaled?.manifest ?? null, 'listName')).toEqual([keyOf('wait'), keyOf('active')]);
});
