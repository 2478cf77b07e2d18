/** A session on a device: one run at a time in the process, and a count of the operators that run on the CPU instead. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { deviceOf, deviceText, type DeviceName, type DeviceUse } from '../../core/engine-choice.js';
import { failure, type PipelineError } from '../../core/problem.js';
import type { NoteOnce } from '../engine.js';
import type { InferenceSession, SessionOptions, Tensor } from './runtime.js';

/** What the engine uses of a session. */
export interface Session extends Pick<InferenceSession, 'release' | 'inputNames' | 'inputMetadata'> {
  /** `fetches` are tensors that outputs are written to; all outputs are made if they are left out. */
  run(feeds: Tensors, fetches?: Tensors): Promise<Tensors>;
}

type Tensors = Readonly<Record<string, Tensor>>;

export interface SessionDevice {
  readonly name: DeviceName;
  /** Called in the first run of each session, which fails if this throws. */
  readonly onPlaced?: (placement: Placement) => void;
}

/** Operators of a network, and those of them that run on the CPU. */
interface Placement {
  readonly operators: number;
  readonly onCpu: number;
  /** Kinds of the latter, such as `Resize`. */
  readonly kinds: readonly string[];
}

/** The names of devices in onnxruntime's profiles; those of the CPU have this one. */
const CPU = 'CPUExecutionProvider';

/** Undefined for the processor. */
export function sessionDeviceOf({ backend, fallback }: DeviceUse, note: NoteOnce): SessionDevice | undefined {
  const device = deviceOf(backend);
  if (device === undefined) return undefined;
  const onPlaced = ({ operators, onCpu, kinds }: Placement): void => {
    if (onCpu === 0) return;
    const text = `${onCpu} of ${operators} operators run on the CPU instead of ${deviceText(backend)}: ${kinds.join(', ')}`;
    if (!fallback) throw lacks(text);
    note('device-fallback', text);
  };
  return { name: device.name, onPlaced };
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Two sessions that use a graphics card at the same time from two threads crash (onnxruntime#32561). Here all run on the
 * main thread, one after another, even if a later onnxruntime-node should compute elsewhere.
 */
function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  const turn = last.then(work);
  last = turn.catch(() => undefined);
  return turn;
}

/** Opens a session on a device. `open` gets the options that this adds to those of all sessions. */
export async function openOnDevice(
  device: SessionDevice,
  open: (options: SessionOptions) => Promise<InferenceSession>,
): Promise<Session> {
  if (!isMainThread) throw new Error('a device is used from the main thread alone');
  // TF32 rounds factors to 10 bits: a thousandth of each number.
  if (device.name === 'cuda') process.env.NVIDIA_TF32_OVERRIDE = '0';
  const folder = device.onPlaced && (await mkdtemp(join(tmpdir(), 'pipeline-placement-')));
  const remove = async (): Promise<void> => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  };
  try {
    const session = await inTurn(() =>
      open({
        executionProviders: [device.name],
        ...(folder !== undefined && { enableProfiling: true, profileFilePrefix: join(folder, 'profile') }),
      }),
    );
    const turns = ofTurns(session, device);
    return folder === undefined ? turns : counting(turns, session, device, folder);
  } catch (error) {
    await remove();
    throw failed(device, 'cannot open the network', error);
  }
}

function ofTurns(session: InferenceSession, device: SessionDevice): Session {
  const { inputNames, inputMetadata } = session;
  return {
    inputNames,
    inputMetadata,
    run: (feeds, fetches) =>
      inTurn(() => (fetches === undefined ? session.run(feeds) : session.run(feeds, fetches))).catch((error) => {
        throw failed(device, 'stopped computing the network', error);
      }),
    release: () => inTurn(() => session.release()),
  };
}

/** Reads the profile of the first run, and profiles no further. */
function counting(turns: Session, session: InferenceSession, device: SessionDevice, folder: string): Session {
  let counted: Promise<void> | undefined;
  const count = async (): Promise<void> => {
    session.endProfiling();
    const [file] = await readdir(folder);
    device.onPlaced?.(placementIn(await readFile(join(folder, file), 'utf8')));
    await rm(folder, { recursive: true, force: true });
  };
  return {
    ...turns,
    async run(feeds, fetches) {
      const outputs = await turns.run(feeds, fetches);
      await (counted ??= count());
      return outputs;
    },
    async release() {
      await turns.release();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly args?: {
    readonly provider?: string;
    readonly op_name?: string;
    /** One for each output: its type and its shape. */
    readonly output_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

/** Neither copies between a device and the CPU count, nor arithmetic with shapes, which is always done there. */
export function placementIn(profile: string): Placement {
  const events = JSON.parse(profile) as readonly ProfileEvent[];
  const kernels = events.flatMap(({ cat, name, args = {} }) =>
    cat !== 'Node' || !name.endsWith('_kernel_time') || args.op_name?.startsWith('Memcpy') || isOfShapes(args)
      ? []
      : [args],
  );
  const onCpu = kernels.filter(({ provider }) => provider === CPU).map(({ op_name: kind = 'unknown' }) => kind);
  return { operators: kernels.length, onCpu: onCpu.length, kinds: [...new Set(onCpu)].sort() };
}

function isOfShapes({ output_type_shape: outputs = [] }: NonNullable<ProfileEvent['args']>): boolean {
  return outputs.length > 0 && outputs.every((output) => Object.keys(output).every((type) => type === 'int64'));
}

function lacks(found: string): PipelineError {
  return failure('invalid', {
    code: 'device-lacks-operators',
    where: 'engine.fallback',
    found: `${found}, which \`fallback: false\` does not allow`,
    expected: 'a network whose operators all run on the device',
    remedy: 'remove `fallback: false`, or use another device',
  });
}

/** Drivers reset a device that took too long or ran out of memory; what it was computing is lost. */
function failed({ name }: SessionDevice, what: string, error: unknown): PipelineError {
  if (/\bf16\b/.test(String(error))) return lacksHalves(name, error);
  return failure(
    'stage-failed',
    {
      code: 'device-failed',
      where: `device ${name}`,
      found: `onnxruntime ${what} on this device`,
      expected: 'a device that `pipeline doctor` lists as usable, with enough memory for the network',
      remedy: 'close other programs that use the graphics card and run again, or use `--device cpu`',
    },
    error,
  );
}

/** Some graphics cards, and drivers in software, compute in float32 alone. */
function lacksHalves(name: DeviceName, error: unknown): PipelineError {
  return failure(
    'stage-failed',
    {
      code: 'device-lacks-float16',
      where: `device ${name}`,
      found: 'the network computes in float16, which this device cannot',
      expected: 'a network in float32, or a device with float16',
      remedy: 'use the float32 file of this base, or `--device cpu`',
    },
    error,
  );
}
