/** What is in an ONNX file, as `bases --inspect` shows it. */

export interface InspectedOnnx {
  readonly inputs: readonly InspectedValue[];
  readonly outputs: readonly InspectedValue[];
  /** The tensor that `output: auto` takes; null if it finds none. */
  readonly auto: string | null;
  /** Every value between the nodes, in the order of the file. */
  readonly tensors: readonly (InspectedValue & { readonly op: string })[];
}

export interface InspectedValue {
  readonly name: string;
  /** Null if the file does not have it. Names and nulls are extents that are known when the model runs. */
  readonly shape: readonly (number | string | null)[] | null;
}
