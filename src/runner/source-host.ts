/** What a session's stages can ask about files from elsewhere. */
import { resolve } from 'node:path';
import type { Pipeline, Stage } from '../config/pipeline.js';
import { isRecord } from '../core/is-record.js';
import type { SourceHost } from '../core/source.js';
import type { Store } from '../store/store.js';
import type { LockFile } from './checkout/lock-file.js';
import type { Project } from './checkout/project.js';

/** What is the same for all stages of a session. */
export type SharedSources = Omit<SourceHost, 'lock'>;

export interface SourceOptions {
  /** Nothing is asked of the network. */
  readonly offline?: boolean;
}

export function sharedSources(
  store: Store,
  { offline = false }: SourceOptions,
  environment: NodeJS.ProcessEnv = process.env,
): SharedSources {
  const running = new Map<string, Promise<unknown>>();
  return {
    offline,
    mirror: environment.PIPELINE_MIRROR ? resolve(environment.PIPELINE_MIRROR) : undefined,
    allowHttpLoopback: environment.PIPELINE_ALLOW_HTTP_LOOPBACK === '1',
    store: store.sources,
    once: async <Result>(name: string, work: () => Promise<Result>) => {
      if (!running.has(name))
        running.set(
          name,
          work().finally(() => running.delete(name)),
        );
      return running.get(name) as Promise<Result>;
    },
  };
}

/** The same for one stage, which writes into the lock file only what the pipeline file says. */
export function sourcesOf(
  stage: Stage,
  pipeline: Pipeline,
  project: Project,
  lock: LockFile,
  shared: SharedSources,
): SourceHost {
  const written = isAsWritten(stage, pipeline);
  const set: SourceHost['lock']['set'] = async (url, file) =>
    written ? lock.setDownload(url, file) : lock.rememberDownload(url, file);
  return { ...shared, lock: { file: project.display(lock.path), written, get: (url) => lock.download(url), set } };
}

/**
 * False if a whole field of the stage was set on the command line, or a part of a place: the lock file is about the
 * pipeline file. Parts of other fields, such as a size of images, change nothing that is in it.
 */
export function isAsWritten({ name, config }: Stage, { locator }: Pipeline): boolean {
  const fields = locator.variant(name);
  const written = (...path: string[]): boolean => fields.at(path).position !== undefined;
  return Object.entries(config).every(
    ([field, value]) => written(field) && membersOfOrigin(value).every((member) => written(field, member)),
  );
}

function membersOfOrigin(value: unknown): string[] {
  return isRecord(value) && ('url' in value || 'path' in value) ? Object.keys(value) : [];
}
