/**
 * Everything that later steps depend on, as bytes: an 8-byte little-endian length, that much JSON, then weights in the
 * form of `model/weights-file.ts`. Randomness has no state: it is keyed by epoch and step.
 */
import { isDigest, type Digest } from '../../core/digest.js';
import {
  isBoolean,
  isCount,
  isFiniteNumber,
  isListOf,
  isOneOf,
  isShapedAs,
  parseJson,
  type Guard,
} from '../../core/guards.js';
import type { TrainerState } from '../../engine/engine.js';
import { isEpochRecord, type EpochRecord } from '../../model/results.js';
import type { Tensor, Weights } from '../../model/tensor.js';
import { decodeWeights, encodeWeights } from '../../model/weights-file.js';
import type { StoppingState } from './early-stopping.js';
import type { PlateauState } from './plateau.js';

/** The position of training. */
export interface Progress {
  /** Epochs that are done, oldest first. */
  readonly history: readonly EpochRecord[];
  readonly stopping: StoppingState;
  readonly plateau: PlateauState;
  /** The epoch under way. */
  readonly epoch: EpochProgress;
  /** Steps that were made in all: dropout is drawn by their number. */
  readonly step: number;
}

export interface EpochProgress {
  /** Images that were bad before this epoch: its order is drawn from the others. */
  readonly leftOut: readonly Digest[];
  /** How far into the shuffled images it has come. */
  readonly position: number;
  readonly batches: number;
  /** Sums over the images seen. */
  readonly loss: number;
  readonly correct: number;
  readonly seen: number;
  readonly learningRate: number;
}

export interface Snapshot {
  readonly progress: Progress;
  /** Bad images that are known so far. */
  readonly leftOut: readonly Digest[];
  readonly trainer: TrainerState;
  /** Weights of the best epoch, where those are to be restored. */
  readonly best: Weights | undefined;
}

interface Head {
  readonly format: typeof FORMAT;
  readonly progress: Progress;
  readonly leftOut: readonly Digest[];
  readonly steps: number;
  readonly hasBest: boolean;
}

/** Changes with the form of what is written; one of another form is not a checkpoint. */
const FORMAT = 1 as const;
const BEST = 'best:';

export function encodeSnapshot({ progress, leftOut, trainer, best }: Snapshot): Buffer {
  const head: Head = { format: FORMAT, progress, leftOut, steps: trainer.steps, hasBest: best !== undefined };
  // Padded, so that the weights behind it can be read in place.
  const json = JSON.stringify(head);
  const text = Buffer.from(json + ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const kept = [...(best ?? [])].map(([name, tensor]): [string, Tensor] => [BEST + name, tensor]);
  return Buffer.concat([length, text, encodeWeights(new Map([...trainer.tensors, ...kept]))]);
}

const isNumberOrNull: Guard<number | null> = (value): value is number | null => value === null || isFiniteNumber(value);

const isProgress: Guard<Progress> = isShapedAs({
  history: isListOf(isEpochRecord),
  stopping: isShapedAs({ best: isNumberOrNull, bestEpoch: isFiniteNumber }),
  plateau: isShapedAs({ rate: isFiniteNumber, best: isNumberOrNull, wait: isCount, cooldown: isCount }),
  epoch: isShapedAs({
    leftOut: isListOf(isDigest),
    position: isCount,
    batches: isCount,
    loss: isFiniteNumber,
    correct: isFiniteNumber,
    seen: isCount,
    learningRate: isFiniteNumber,
  }),
  step: isCount,
});

const isHead: Guard<Head> = isShapedAs({
  format: isOneOf(FORMAT),
  progress: isProgress,
  leftOut: isListOf(isDigest),
  steps: isCount,
  hasBest: isBoolean,
});

/**
 * Reads what {@link encodeSnapshot} wrote, whose bytes are verified; undefined if another version of this file wrote
 * it, or another program.
 */
export function decodeSnapshot(bytes: Buffer): Snapshot | undefined {
  const end = bytes.length < 8 ? Infinity : 8 + Number(bytes.readBigUInt64LE());
  const head = end > bytes.length ? undefined : parseJson(bytes.toString('utf8', 8, end), isHead);
  if (head === undefined) return undefined;
  const weights = weightsIn(bytes.subarray(end));
  if (weights === undefined) return undefined;
  const tensors = [...weights];
  const best = tensors.flatMap(([name, tensor]): [string, Tensor][] =>
    name.startsWith(BEST) ? [[name.slice(BEST.length), tensor]] : [],
  );
  const current = tensors.filter(([name]) => !name.startsWith(BEST));
  return {
    progress: head.progress,
    leftOut: head.leftOut,
    trainer: { steps: head.steps, tensors: new Map(current) },
    best: head.hasBest ? new Map(best) : undefined,
  };
}

/** The bytes are those that were written; if they cannot be read, another program wrote them. */
function weightsIn(bytes: Buffer): Weights | undefined {
  try {
    return decodeWeights(bytes, 'checkpoint');
  } catch {
    return undefined;
  }
}

/** Whether weights have the names and shapes of others, so that they can take their place. */
export function haveSameShapes(these: Weights, those: Weights): boolean {
  return (
    these.size === those.size &&
    [...those].every(([name, { shape, data }]) => {
      const other = these.get(name);
      return other?.data.length === data.length && other.shape.join() === shape.join();
    })
  );
}
