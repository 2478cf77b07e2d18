/** The commands in the manifests of deploy/, and the names that they share with BullMQ. */
import { expect, test } from '@jest/globals';
import { kubernetesManifests, valuesOf } from './manifests.js';

const all = kubernetesManifests();
test('KEDA counts the lists in which BullMQ has the jobs of the usual queue', async () => {
  const scaled = all.find(({ manifest }) => manifest.kind === 'ScaledObject');
  const { QueueKeys } = await import('bullmq');
  const keyOf = (list: string): string => new QueueKeys().toKey('pipeline', list);
  expect(valuesOf(scaled?.manifest ?? null, 'listName')).toEqual([keyOf('wait'), keyOf('active')]);
});
