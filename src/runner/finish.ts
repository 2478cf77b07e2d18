/**
 * What follows once a stage's outputs are there: its files are delivered, the checkout remembers it, its gate is
 * judged.
 */
import { relative } from 'node:path';
import { canonical } from '../core/canonical.js';
import { digestOf, type Digest } from '../core/digest.js';
import { emptyMap, own } from '../core/own.js';
import type { Inputs, JudgeContext, Outputs } from '../core/stage.js';
import { actionKeyOf, type Preimage } from './action-key.js';
import { commonContext } from './context.js';
import { UNFINISHED } from './checkout/checkout.js';
import { deliverFolder, digestsOf, type DeliveredFolder } from './checkout/deliver.js';
import { touchedFiles } from './checkout/delivered-files.js';
import { refuseOutside } from './checkout/destinations.js';
import type { Node } from './graph.js';
import type { Session } from './session.js';
import { isAsWritten } from './source-host.js';

export interface FinishOptions {
  readonly signal: AbortSignal;
  /** Replace delivered folders that a person has changed. */
  readonly overwrite: boolean;
}

export async function finishStage(
  session: Session,
  node: Node,
  preimage: Preimage,
  inputs: Inputs,
  outputs: Outputs,
  options: FinishOptions,
): Promise<void> {
  const { checkout, project, guard } = session;
  guard.check();
  const { name } = node.stage;
  const memory = checkout.get(name);
  const terms = deliveryTerms(node, inputs, outputs);
  const common = { ...commonContext(session, node, inputs, options.signal), outputs };
  const key = actionKeyOf(preimage);
  if (memory?.terms !== terms || memory.key !== key || touchedFiles(project, node, memory).length > 0) {
    const known = { key, preimage, outputs };
    const delivered = emptyMap<DeliveredFolder>();
    await node.definition.deliver?.({
      ...common,
      folder: project.folderOf(name),
      displayPath: project.display,
      deliverFiles: async (path, files) => {
        const folder = project.resolveOutput(path);
        refuseOutside(project, folder);
        const place = relative(project.home, folder);
        const { readBytes, signal } = common;
        const deliver = async (): Promise<DeliveredFolder> => {
          guard.check();
          const latest = await checkout.latest(name);
          const ours = own(latest?.writing, place) ?? [];
          const writing = { ...latest?.writing, [place]: [...new Set([...ours, ...digestsOf(files)])] };
          await checkout.set(name, { ...known, terms: UNFINISHED, delivered: latest?.delivered ?? {}, writing });
          const before = own(latest?.delivered, place);
          return deliverFolder(folder, files, {
            before,
            ours,
            force: options.overwrite,
            stage: name,
            readBytes,
            display: project.display,
          });
        };
        delivered[place] = await session.store.during(
          `deliver-${digestOf(folder)}`,
          'writes the same folder',
          deliver,
          { signal },
        );
      },
    });
    await checkout.set(name, {
      ...known,
      terms,
      delivered: { ...(await checkout.latest(name))?.delivered, ...delivered },
    });
  }
  await lockResolved(session, node, common);
  await node.definition.judge?.(common);
}

/** Keeps in the lock file what the stage's outputs turned out to be. */
async function lockResolved(
  { lock, pipeline }: Session,
  { stage, definition }: Node,
  context: JudgeContext,
): Promise<void> {
  if (definition.resolved === undefined || !isAsWritten(stage, pipeline)) return;
  const resolved = await definition.resolved(context);
  if ('base' in resolved) await lock.setBase(stage.name, resolved.base);
  else await lock.setClasses(stage.name, resolved.classes);
}

/** All that decides which files are delivered and where; also what is in no key, such as the images' names. */
function deliveryTerms(node: Node, inputs: Inputs, outputs: Outputs): Digest {
  return digestOf(canonical({ config: node.stage.config, inputs, outputs }));
}
