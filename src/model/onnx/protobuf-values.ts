/** Repeated integers of a protobuf message, in either of their forms. */
import { fieldsOf } from './protobuf-reader.js';

/** The values of a field of int64 in their order, one record per number or packed. Throws as {@link fieldsOf}. */
export function valuesOf(message: Uint8Array, number: number): number[] {
  const values: number[] = [];
  for (const field of fieldsOf(message)) {
    if (field.number !== number) continue;
    if (field.kind === 'varint') values.push(signed(field.value));
    else values.push(...unpacked(field.bytes));
  }
  return values;
}

function* unpacked(bytes: Uint8Array): Generator<number, void, undefined> {
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    yield signed(value);
    [value, shift] = [0n, 0n];
  }
}

function signed(value: bigint): number {
  return Number(BigInt.asIntN(64, value));
}
