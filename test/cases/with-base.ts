/** A project on drawn pets whose base is a file, for the cases of what people name as a base. */
import { pipelineText, Project } from '../e2e/rig.js';

/** With `count` pets of each class, 32 pixels wide; `base` are the fields of load-base. */
export async function projectWithBase(base: string, count = 6): Promise<Project> {
  const project = await Project.create();
  await project.addPets('pictures', count);
  await project.write('t.yaml', baseText(base));
  return project;
}

export function baseText(base: string): string {
  return pipelineText({ train: 'epochs: 1' }).replace('architecture: compact32', base);
}

/** The features that the base gives decide the training: the whole pipeline runs, and its export answers. */
export async function trainsAndPredicts(project: Project): Promise<string> {
  const run = await project.command('run', 't.yaml');
  if (run.code !== 0) throw new Error(run.stderr);
  const predicted = await project.command('predict', 'models/pets', 'pictures/cats');
  if (predicted.code !== 0) throw new Error(predicted.stderr);
  return run.stdout + run.stderr;
}
