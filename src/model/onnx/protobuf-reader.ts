/**
 * Reads the protobuf wire format: the fields of one message after another, without copying what they hold.
 * Source: https://protobuf.dev/programming-guides/encoding
 */

/**
 * One field of a message: a number (varints), or the bytes of a text, a message, packed numbers or a fixed-size number.
 * `whole` is the field as it stands in the message, for copies.
 */
export type Field = { readonly number: number; readonly whole: Uint8Array } & (
  { readonly kind: 'varint'; readonly value: bigint } | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
);

/** Models have a hundredth of that in their largest message. */
const mostFields = 250_000;

const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/**
 * The fields of a message in their order. Throws a RangeError if the bytes end early or are not a message, or if there are
 * more fields than any model has: each takes two bytes of a file, and a hundred times as many in memory.
 */
export function* fieldsOf(message: Uint8Array): Generator<Field, void, undefined> {
  let at = 0;
  let fields = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= message.length) throw new RangeError('the bytes end within a number');
      const byte = message[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError('a number has more than ten bytes');
  };
  while (at < message.length) {
    if (++fields > mostFields)
      throw new RangeError(`one of its messages has more than ${mostFields.toLocaleString('en-US')} fields`);
    const start = at;
    const tag = Number(varint());
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (wire === 0) {
      const value = varint();
      yield { number, whole: message.subarray(start, at), kind: 'varint', value };
      continue;
    }
    const length = wire === 2 ? Number(varint()) : FIXED[wire];
    if (length === undefined || number === 0) throw new RangeError(`a field has the tag ${tag}`);
    if (length > message.length - at) throw new RangeError(`a field of ${length} bytes has ${message.length - at}`);
    const bytes = message.subarray(at, at + length);
    at += length;
    yield { number, whole: message.subarray(start, at), kind: 'bytes', bytes };
  }
}

/** The texts or messages of a field, in their order. */
export function bytesOf(message: Uint8Array, number: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const field of fieldsOf(message)) if (field.kind === 'bytes' && field.number === number) found.push(field.bytes);
  return found;
}

/** The last value of a text field, as readers of protobuf take it; empty if there is none. */
export function textOf(message: Uint8Array, number: number): string {
  return Buffer.from(bytesOf(message, number).at(-1) ?? []).toString('utf8');
}
