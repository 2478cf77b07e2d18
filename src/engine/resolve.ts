/** Chooses the engine from package metadata, and loads it only when there is work. */
import { deviceText, type DeviceUse } from '../core/engine-choice.js';
import { failure, type PipelineError } from '../core/problem.js';
import type { EngineChoice } from '../core/schema-types.js';
import type { Engine, EngineIdentity, NoteOnce } from './engine.js';
import { onnxIdentity } from './onnx/identity.js';
import { disableTelemetry } from './onnx/telemetry.js';
import { slowBackendNote, tfjsIdentity, type TfjsBackend } from './tfjs/identity.js';

/** On Linux, its own install script downloads CUDA libraries unless disabled, and fails if it cannot. */
export const installHint = `${process.platform === 'linux' ? 'ONNXRUNTIME_NODE_INSTALL=skip ' : ''}npm install onnxruntime-node`;

export interface Note {
  readonly code: string;
  readonly text: string;
}

/**
 * The engine that a choice resolves to here; no key ever contains the word auto. Throws `invalid` if it is not
 * installed.
 */
export function resolveEngine(choice: EngineChoice, device?: DeviceUse): EngineIdentity {
  const onnx = choice === 'tfjs' ? undefined : onnxIdentity();
  if (onnx !== undefined) return { ...onnx, ...(device && { backend: device.backend }) };
  if (choice !== 'onnx') return tfjsIdentity();
  throw failure('invalid', {
    code: 'engine-missing',
    where: 'engine: onnx',
    found: 'onnxruntime-node is not installed for this machine',
    remedy: `install it (${installHint}), or use \`engine: auto\` or \`engine: tfjs\``,
  });
}

/** What a person should know about the resolved engine: a fallback, or a slow backend. */
export function engineNotes(choice: EngineChoice, identity: EngineIdentity): Note[] {
  const notes: Note[] = [];
  if (choice === 'auto' && identity.name === 'tfjs') {
    notes.push({
      code: 'engine-fallback',
      text: `the engine is tfjs (${identity.backend}): onnxruntime-node is not installed (${installHint})`,
    });
  }
  const slow = identity.name === 'tfjs' ? slowBackendNote(identity.backend) : undefined;
  return slow === undefined ? notes : [...notes, slow];
}

export interface EngineOptions {
  /** What the identity's backend was resolved from. */
  readonly device?: DeviceUse;
  readonly note?: NoteOnce;
}

/** To be called before the first thread starts that opens an engine. */
export function prepareThreads(): void {
  disableTelemetry();
}

/** Loads an engine. Throws `invalid` if its device is not in this machine. */
export async function openEngine(identity: EngineIdentity, { device, note }: EngineOptions = {}): Promise<Engine> {
  switch (identity.name) {
    case 'onnx': {
      if (device?.missing !== undefined) throw deviceMissing(device, device.missing);
      const { createOnnxEngine } = await import('./onnx/index.js');
      return createOnnxEngine({ device, note });
    }
    case 'tfjs': {
      const { createTfjsEngine } = await import('./tfjs/index.js');
      return createTfjsEngine({ backend: identity.backend as TfjsBackend });
    }
  }
}

function deviceMissing({ backend }: DeviceUse, reason: string): PipelineError {
  return failure('invalid', {
    code: 'device-missing',
    where: 'engine.device',
    found: `the last results are from ${deviceText(backend)}, which cannot be used on this machine: ${reason}`,
    expected: 'the same device, so that its features are used again',
    remedy: 'run on a machine with that device, or use `--device cpu`, which computes everything again',
  });
}
