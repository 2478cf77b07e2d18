/** Whole pipelines on TF.js's native backend, if it is installed or demanded. */
import { describe, expect, test } from '@jest/globals';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { native } from '../engine/tfjs/backends.js';
import { testWithShared } from '../shared.js';
import { pipelineText, Project, repository } from './rig.js';

/** What a training's key says of the engine. */
async function engineOf(project: Project, file: string, ...args: string[]): Promise<unknown> {
  const { stdout } = await project.command('explain', file, 'train', '--json', ...args);
  return (JSON.parse(stdout) as { preimage: { environment: { engine: unknown } } }).preimage.environment.engine;
}

(native ? describe : describe.skip)('the tfjs engine on its native backend', () => {
  test('runs a pipeline, trains convolutions, and does nothing the second time', async () => {
    const project = await Project.create();
    await project.addPets('pictures', 8);
    await project.write('pets.yaml', pipelineText({ train: 'epochs: 1' }));
    const args = [
      '--engine',
      'tfjs',
      '--set',
      'stages.ingest.split.validation=0.4',
      '--set',
      'stages.freeze.layers={until: top_conv}',
    ];
    const run = await project.run('pets.yaml', ...args);
    expect([run.code, run.state]).toEqual([0, 'ok']);
    expect(run.stderr).not.toContain('tensorflow/core');
    expect(await engineOf(project, 'pets.yaml', ...args)).toMatchObject({ name: 'tfjs', backend: 'node' });
    expect(run.events).toContainEqual(
      expect.objectContaining({ code: 'parameters', text: '139,640 parameters frozen, 49,664 trained' }),
    );
    expect((await project.run('pets.yaml', ...args)).named('fresh')).toHaveLength(run.stages.length);
    await project.remove();
  });

  testWithShared(
    'MobileNetV2 reaches 0.92 on real photographs',
    async (shared) => {
      const project = await Project.create();
      await cp(join(repository, 'pipelines'), project.path('pipelines'), { recursive: true });
      const args = [
        '--engine',
        'tfjs',
        '--set',
        `stages.ingest.source=${shared}/data/cats-dogs`,
        '--set',
        `stages.load-base.weights=${shared}/weights/mobilenet-v2-0.35-224/model.json`,
      ];
      const run = await project.run('pipelines/cats-dogs-mobilenet.yaml', ...args);
      expect([run.code, run.state]).toEqual([0, 'ok']);
      expect(await engineOf(project, 'pipelines/cats-dogs-mobilenet.yaml', ...args)).toMatchObject({
        name: 'tfjs',
        backend: 'node',
      });
      expect(run.stage('train').features).toEqual({ extracted: 800, reused: 0 });
      expect(run.metrics.evaluate.accuracy).toBeGreaterThanOrEqual(0.92);
      await project.remove();
    },
    300_000,
  );
});
