/** Where the exported model is that a command names. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { printable } from '../report/words.js';
import type { Host } from './host.js';

/** The absolute path of a model. If a run was stopped while it replaced the folder, the earlier model is moved back first. */
export async function locateModel(model: string, { cwd, stderr }: Pick<Host, 'cwd' | 'stderr'>): Promise<string> {
  const path = resolve(cwd, model);
  // Reading a model that is there loads nothing more for it.
  if ((await stat(path).catch(() => undefined)) !== undefined) return path;
  const { recoverModel } = await import('../runner/checkout/swap.js');
  if (await recoverModel(path))
    stderr(`restored ${printable(model)}: an earlier run was stopped while it replaced the model\n`);
  return path;
}
