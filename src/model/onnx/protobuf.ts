/**
 * The part of the protobuf wire format that ONNX files need, written without copying large fields until the end.
 * Source: https://protobuf.dev/programming-guides/encoding
 */

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** One message under construction. Every method appends a field and returns the message. */
export class Message {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  /** int32, int64 or an enumeration. */
  int(field: number, value: number | bigint): this {
    return this.push(varint((field << 3) | VARINT)).push(varint(value));
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.push(varint((field << 3) | FIXED32)).push(bytes);
  }

  /** The bytes are kept, not copied: they must not change before {@link toBytes}. */
  bytes(field: number, value: Uint8Array): this {
    return this.push(varint((field << 3) | LENGTH_DELIMITED))
      .push(varint(value.length))
      .push(value);
  }

  /** Fields that are encoded already, kept as {@link bytes} keeps them. */
  encoded(fields: Uint8Array): this {
    return this.push(fields);
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  /** A repeated int64, one record per number: readers take this form and the packed one. */
  ints(field: number, values: readonly (number | bigint)[]): this {
    for (const value of values) this.int(field, value);
    return this;
  }

  message(field: number, value: Message): this {
    this.push(varint((field << 3) | LENGTH_DELIMITED)).push(varint(value.length));
    for (const chunk of value.chunks) this.push(chunk);
    return this;
  }

  /** The encoded message: the only copy made of what was appended. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.length);
    let offset = 0;
    for (const chunk of this.chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    return bytes;
  }

  private push(chunk: Uint8Array): this {
    this.chunks.push(chunk);
    this.length += chunk.length;
    return this;
  }
}

/** Base 128, low group first; a negative number is its 64-bit two's complement. */
function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
