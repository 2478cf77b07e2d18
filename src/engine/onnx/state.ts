/**
 * Weights and moments in two sets of buffers: a step reads one and writes the other, then they change places. Nothing
 * is allocated or copied between steps. Where the update is not a part of the graph, what is learned has one buffer in
 * both, which changes in place.
 */
import type { Shape } from '../../model/graph.js';
import { slotName } from '../../model/optimizer.js';
import type { Weights } from '../../model/tensor.js';
import { Tensor } from './runtime.js';
import { matrixOf, tilesOf } from './tiles.js';
import { gradientName, nextName, tileName, type Variable } from './training-model.js';
import type { Learned, Updates } from './update/updates.js';

type Tensors = Record<string, Tensor>;

interface BufferSet {
  readonly data: Map<string, Float32Array>;
  /** Whole and in tiles, under the names of the step's inputs. */
  readonly inputs: Tensors;
  /** The same memory under the names of the step's outputs. */
  readonly outputs: Tensors;
}

export class TrainingState {
  private current = newSet();
  private next = newSet();

  /** Weights start as given, moments at zero. */
  constructor(
    private readonly variables: readonly Variable[],
    weights: Weights,
    private readonly slots: number,
    updates?: Updates,
  ) {
    const learned = updates?.learned.values();
    for (const variable of variables) {
      const { name, shape, kind } = variable;
      const apart = kind === 'learned' ? learned?.next().value : undefined;
      if (apart !== undefined) {
        this.addLearned(variable, weights, apart);
        continue;
      }
      const start = weights.get(name)!.data;
      const data = start.slice();
      // What no step writes has one buffer in both sets.
      addBuffer(this.current, name, shape, data, kind);
      addBuffer(this.next, name, shape, kind === 'still' ? data : start.slice(), kind);
      for (let slot = 0; slot < slots && kind === 'learned'; slot++) {
        addBuffer(this.current, slotName(name, slot), shape, new Float32Array(data.length), kind);
        addBuffer(this.next, slotName(name, slot), shape, new Float32Array(data.length), kind);
      }
    }
  }

  private addLearned({ name, shape }: Variable, weights: Weights, { weight, gradient, slots }: Learned): void {
    weight.set(weights.get(name)!.data);
    for (const set of [this.current, this.next]) {
      addBuffer(set, name, shape, weight, 'still');
      slots.forEach((slot, index) => set.data.set(slotName(name, index), slot));
      set.outputs[gradientName(name)] = new Tensor('float32', gradient, shape);
    }
  }

  /** Feeds of a step, or of a prediction, under the names of their inputs. */
  get inputs(): Readonly<Tensors> {
    return this.current.inputs;
  }

  /** Where a step is to write. */
  get outputs(): Readonly<Tensors> {
    return this.next.outputs;
  }

  /** Makes what a step wrote current. */
  swap(): void {
    [this.current, this.next] = [this.next, this.current];
  }

  /** A copy of the weights as they are now. */
  weights(): Weights {
    return new Map(
      this.variables.map(({ name, shape }) => [name, { shape, data: this.current.data.get(name)!.slice() }]),
    );
  }

  /** A copy of the weights and moments as they are now. */
  all(): Weights {
    const moments = this.variables.flatMap(({ name, shape, kind }) =>
      Array.from(
        { length: kind === 'learned' ? this.slots : 0 },
        (_, slot) =>
          [slotName(name, slot), { shape, data: this.current.data.get(slotName(name, slot))!.slice() }] as const,
      ),
    );
    return new Map([...this.weights(), ...moments]);
  }

  /** Overwrites weights and moments. */
  restore(tensors: Weights): void {
    for (const [name, data] of this.current.data) data.set(tensors.get(name)!.data);
  }
}

function newSet(): BufferSet {
  return { data: new Map(), inputs: {}, outputs: {} };
}

function addBuffer(set: BufferSet, name: string, shape: Shape, data: Float32Array, kind: Variable['kind']): void {
  set.data.set(name, data);
  set.inputs[name] = new Tensor('float32', data, shape);
  if (kind === 'still') return;
  const [, columns] = matrixOf(shape);
  const tiles = kind === 'learned' ? tilesOf(shape) : [];
  if (tiles.length < 2) {
    set.outputs[nextName(name)] = set.inputs[name];
    return;
  }
  for (const rows of tiles) {
    const tile = tileName(name, rows);
    const tensor = new Tensor('float32', data.subarray(rows.from * columns, rows.to * columns), [
      rows.to - rows.from,
      columns,
    ]);
    set.inputs[tile] = tensor;
    set.outputs[nextName(tile)] = tensor;
  }
}
