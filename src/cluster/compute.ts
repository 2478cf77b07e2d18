/** What a process of a worker does with a job: opens the stage's spec, computes, and shares. */
import { join, resolve } from 'node:path';
import { loadPipeline } from '../config/load.js';
import type { Digest, FeatureSetKey } from '../core/digest.js';
import type { RunEvent } from '../core/event.js';
import { isWithin } from '../core/paths.js';
import { failure } from '../core/problem.js';
import type { Extractor, Inputs, Needs } from '../core/stage.js';
import { actionKeyOf, preimageOf } from '../runner/action-key.js';
import { LostBlob } from '../runner/read-blob.js';
import type { Node, StageTable } from '../runner/graph.js';
import { openRemote } from '../runner/remote.js';
import { inputsOf, openSession, type Session } from '../runner/session.js';
import { ObjectStoreError } from '../object-store/object-store.js';
import { runStage, stageContext } from '../runner/work.js';
import type { Remote } from '../store/shared/remote.js';
import { openStore } from '../store/store.js';
import { listDigestOf, type Answer, type ExtractJob, type Job, type MakeJob } from './jobs.js';
import { isForOthers } from './brought.js';
import { PLACE_FAILED, type JobPlace, type JobProgress } from './messages.js';
import { claimHome } from './home.js';
import { NO_CHECKPOINT } from './no-checkpoint.js';
import { readSpec, type Spec } from './spec.js';

/** What the parent hears. */
export interface Computing {
  progress(progress: JobProgress): void;
  log(code: string, text: string): void;
}

/** A stage that jobs are about, opened. */
interface Opened {
  readonly spec: Digest;
  readonly session: Session;
  readonly node: Node;
  readonly inputs: Inputs;
  needs?: Promise<Needs>;
  /** Open as long as jobs of extraction come: threads and compiled networks are used again. */
  readonly extractors: Map<FeatureSetKey, Promise<Extractor>>;
}

const signal = new AbortController().signal;

export class Computer {
  private remote: Promise<Remote> | undefined;
  private home: Promise<string> | undefined;
  private opened: Promise<Opened> | undefined;
  private openedSpec: Digest | undefined;

  constructor(
    private readonly place: JobPlace,
    private readonly stages: StageTable,
    private readonly parent: Computing,
  ) {}

  /** `again`: an earlier try of the job may have left something. */
  async do(job: Job, again: boolean): Promise<Answer> {
    try {
      const opened = await this.open(job.spec);
      const answer = job.kind === 'extract' ? await this.extract(opened, job, again) : await this.make(opened, job);
      await shared(opened.session);
      return answer;
    } catch (error) {
      // What could not be shared is tried again with the next job, and a place that was given up is asked again.
      this.openedSpec = undefined;
      this.remote = undefined;
      if (error instanceof LostBlob) throw inputMissing(error);
      throw error instanceof ObjectStoreError ? placeFailed(error) : error;
    }
  }

  private async extract(opened: Opened, job: ExtractJob, again: boolean): Promise<Answer> {
    const { session } = opened;
    const { features } = await this.needsOf(opened);
    const need = features.find(
      ({ set, digests }) =>
        set?.preimage !== undefined &&
        session.features.keyOf(set.preimage) === job.set &&
        listDigestOf(digests) === job.list,
    );
    if (need === undefined) throw otherKey('extract');
    const { preimage, rowLength, open } = need.set!;
    const extractor = opened.extractors.get(job.set) ?? open();
    opened.extractors.set(job.set, extractor);
    const rows = await session.features.open(preimage!, rowLength);
    // The one who runs has looked before it queued the job: to list a large set for each job would take longer than it.
    if (again) await rows.lookElsewhere();
    const answer = await (await extractor).extract(need.digests.slice(job.from, job.to), job.view);
    await session.store.shared?.settle();
    if (again || answer.pictures < job.to - job.from) {
      // Packs of an earlier job that ended before they were sent.
      await rows.lookElsewhere();
      await rows.shareAll();
    }
    return answer;
  }

  private needsOf(opened: Opened): Promise<Needs> {
    const { session, node, inputs } = opened;
    opened.needs ??= (async () => {
      const { context } = await stageContext(session, node, inputs, NO_CHECKPOINT, signal);
      return (await node.definition.needs?.(context)) ?? { features: [], atMost: false };
    })();
    return opened.needs;
  }

  private async make(opened: Opened, job: MakeJob): Promise<Answer> {
    await closeExtractors(opened);
    const { session, node, inputs } = opened;
    const preimage = preimageOf(node, inputs, await session.survey(node), session.settings, session.pipeline.seed);
    if (actionKeyOf(preimage) !== job.key) throw otherKey('make');
    const hit = await session.store.hit(job.key, true);
    const started = performance.now();
    // What is there but cannot be fetched is made again: an answer that it is done would help nobody.
    if (hit === undefined || (hit.shared !== undefined && !(await session.store.bring(hit))))
      await runStage(session, node, preimage, inputs, signal);
    else if (hit.shared === undefined) await session.store.shared?.offer(job.key);
    return { pictures: 0, ms: performance.now() - started, leftOut: [] };
  }

  /** The last one stays open: jobs of one stage come one after another. */
  private open(spec: Digest): Promise<Opened> {
    if (this.openedSpec === spec && this.opened !== undefined) return this.opened;
    const before = this.opened;
    this.openedSpec = spec;
    this.opened = (async () => {
      await before?.then(closeOpened).catch(() => undefined);
      return this.openStage(spec);
    })();
    this.opened.catch(() => (this.openedSpec = undefined));
    return this.opened;
  }

  private async openStage(digest: Digest): Promise<Opened> {
    this.remote ??= this.openRemote();
    const remote = await this.remote;
    const spec = await readSpec(remote, digest);
    this.home ??= claimHome(this.place.home, this.place.version);
    const session = await this.openSession(spec, await this.home, remote);
    const node = session.graph.byName.get(spec.stage);
    const before = node?.dependencies.every((name) => Object.hasOwn(spec.outputs, name));
    // Other stages look at folders and fetch files: nobody asks workers for them.
    if (node === undefined || !isForOthers(node) || before !== true)
      throw failure('bad-data', {
        code: 'spec-of-another-form',
        where: spec.stage,
        found: 'is not a stage of its spec',
      });
    return { spec: digest, session, node, inputs: inputsOf(node, (name) => spec.outputs[name]), extractors: new Map() };
  }

  private async openRemote(): Promise<Remote> {
    const { project, cache } = this.place;
    const place = { root: project, home: project, ...(cache && { cache }) };
    const remote = await openRemote(place, (code, text) => this.parent.log(code, text));
    if (remote === undefined) throw new Error('a worker without a shared cache was let through');
    return remote;
  }

  private async openSession(spec: Spec, home: string, remote: Remote): Promise<Session> {
    const { project, allowed, version } = this.place;
    const file = join(project, spec.file);
    const pipeline = await loadPipeline(file, {
      set: spec.set,
      cwd: project,
      given: { text: spec.text, place: { file, root: project, home } },
    });
    const onDamage = ({ path, reason }: { path: string; reason: string }): void =>
      this.parent.log('cache-damage', `${path}: ${reason}`);
    const session = await openSession(
      pipeline,
      this.stages,
      (root, fs) => openStore(root, { onDamage, tool: version, fs, remote, forOthers: true }),
      (event) => this.pass(event),
      { requireSameMachineClass: spec.sameMachineClass },
    );
    const resolvePath = (path: string): string => {
      const resolved = resolve(project, path);
      if ([project, ...allowed].some((folder) => isWithin(resolved, folder))) return resolved;
      throw failure('unsafe', {
        code: 'outside-project',
        where: resolved,
        found: `is outside the project of this worker (${project})`,
        expected: 'images in the project',
        remedy: `start the worker with \`--allow ${resolved}\` if it may read there`,
      });
    };
    return {
      ...session,
      lethal: new Set(spec.lethal),
      project: { ...session.project, resolvePath },
    };
  }

  private pass(event: RunEvent): void {
    if (event.event === 'progress') {
      const { stage: _stage, ...progress } = event;
      this.parent.progress(progress);
    } else if (event.event === 'epoch') {
      const { stage: _stage, ...progress } = event;
      this.parent.progress(progress);
    } else if (event.event === 'note') this.parent.log(event.code, event.text);
  }
}

async function closeExtractors({ extractors }: Opened): Promise<void> {
  const all = [...extractors.values()];
  extractors.clear();
  await Promise.allSettled(all.map(async (one) => (await one).close()));
}

async function closeOpened(opened: Opened): Promise<void> {
  await closeExtractors(opened);
  await opened.session.features.close();
}

/** Waits until all is in the shared cache: an answer before that would be worth nothing. */
async function shared({ store }: Session): Promise<void> {
  const summary = await store.shared?.settle();
  const [first] = summary?.failed ?? [];
  if (first === undefined) return;
  throw failure('input-output', {
    code: PLACE_FAILED,
    where: store.shared?.remote.objects.address,
    found: `takes no results: ${first[0]}`,
    expected: 'a shared cache that this worker can write to',
  });
}

function placeFailed(error: ObjectStoreError): Error {
  return failure('input-output', {
    code: PLACE_FAILED,
    where: 'the shared cache',
    found: error.message,
    expected: 'a shared cache that can be read and written',
  });
}

function inputMissing({ ref }: LostBlob): Error {
  return failure('input-output', {
    code: 'input-not-shared',
    where: `result ${ref.digest.slice(0, 12)}`,
    found: 'is not in the shared cache',
    remedy: 'run the pipeline again: what is missing is shared again',
  });
}

function otherKey(kind: Job['kind']): Error {
  return failure('stage-failed', {
    code: 'worker-differs',
    found: `this worker does not come to the same ${kind === 'make' ? 'key' : 'images'} for this job`,
    expected:
      'the same version of this tool and of its engine on all machines, and the same graphics card if one is used',
    remedy: 'compare what `pipeline doctor` prints on both machines',
  });
}
