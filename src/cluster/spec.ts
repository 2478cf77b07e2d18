/**
 * What a worker has to know to do the work of one stage: the pipeline file, and what the stages before have produced. It
 * surveys nothing and reads no list of files. Kept in the shared cache under its digest, signed like results.
 */
import { relative, sep } from 'node:path';
import { canonical, type Json } from '../core/canonical.js';
import { digestOf, isDigest, type Digest } from '../core/digest.js';
import { deviceOf } from '../core/engine-choice.js';
import { isBoolean, isListOf, isMapOf, isOneOf, isShapedAs, isString, type Guard } from '../core/guards.js';
import { isOutputs } from '../core/outputs.js';
import { isInnerPath } from '../core/paths.js';
import { failure } from '../core/problem.js';
import type { Outputs } from '../core/stage.js';
import type { Session } from '../runner/session.js';
import { bytesContent } from '../object-store/content.js';
import { specName } from '../store/shared/layout.js';
import { readSmall } from '../store/shared/read-small.js';
import type { Remote } from '../store/shared/remote.js';

const FORMAT = 'spec-1' as const;
const LIMIT = 16 * 1024 * 1024;

export interface Spec {
  readonly format: typeof FORMAT;
  /** Of the pipeline file in its project, with `/`. */
  readonly file: string;
  readonly text: string;
  readonly set: readonly string[];
  /** Set if results of other kinds of processors do not count. */
  readonly sameMachineClass: boolean;
  readonly stage: string;
  /** Of the stages that it reads. */
  readonly outputs: Readonly<Record<string, Outputs>>;
  /** Images that end the process which reads them. */
  readonly lethal: readonly Digest[];
}

const isSpec: Guard<Spec> = isShapedAs({
  format: isOneOf(FORMAT),
  file: isInnerPath,
  text: isString,
  set: isListOf(isString),
  sameMachineClass: isBoolean,
  stage: isString,
  outputs: isMapOf(isOutputs as Guard<Outputs>),
  lethal: isListOf(isDigest),
});

export function specOf(
  { pipeline, settings }: Pick<Session, 'pipeline' | 'settings'>,
  stage: string,
  outputs: Readonly<Record<string, Outputs>>,
  lethal: readonly Digest[],
): Spec {
  const { file, root, source } = pipeline;
  return {
    format: FORMAT,
    file: relative(root, file).split(sep).join('/'),
    text: source.text,
    // What auto came to here, as a worker has no results that it could keep to.
    set: pipeline.device.name === 'auto' ? [...source.set, `engine.device=${deviceNameOf(settings)}`] : source.set,
    sameMachineClass: settings.machineClass !== undefined,
    stage,
    outputs,
    lethal,
  };
}

function deviceNameOf({ device }: Session['settings']): string {
  return deviceOf(device?.backend ?? 'cpu')?.name ?? 'cpu';
}

/** Puts a spec into the shared cache, and returns the name that jobs call it by. */
export async function putSpec({ objects, seals }: Remote, spec: Spec): Promise<Digest> {
  const value = spec as unknown as Json;
  const digest = digestOf(canonical(value));
  const sealed = seals.close(value, 'spec');
  if (sealed === undefined) throw new Error('a machine without a signing key was let through');
  await objects.put(specName(digest), bytesContent(sealed));
  return digest;
}

/** A spec that is whole and comes from someone who counts. Throws `unsafe` for any other, `input-output` if it is gone. */
export async function readSpec({ objects, seals }: Remote, digest: Digest): Promise<Spec> {
  const name = specName(digest);
  const bytes = await readSmall(objects, name, LIMIT);
  if (bytes === undefined)
    throw failure('input-output', {
      code: 'spec-missing',
      where: name,
      found: `is not in ${objects.address}`,
      expected: 'the shared cache of the one who runs the pipeline',
      remedy: 'set PIPELINE_REMOTE of the worker to the `cache.remote` of the pipeline file',
    });
  const opened = seals.open(bytes, 'spec');
  if (opened.state === 'refused') throw refused(name, opened.reason);
  const { value } = opened;
  if (!isSpec(value) || digestOf(canonical(value as unknown as Json)) !== digest)
    throw refused(name, 'it is not what its name says');
  return value;
}

function refused(name: string, reason: string): Error {
  return failure('unsafe', {
    code: 'spec-refused',
    where: name,
    found: `is not used: ${reason}`,
    expected: 'work from someone whose key pipeline.trust.yaml names',
    remedy: 'let that person add a key with `pipeline cache trust`',
  });
}
