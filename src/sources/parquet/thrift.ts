/**
 * Reads the compact protocol of Thrift, in which Parquet writes its footer and page headers, with limits. hyparquet
 * allocates what a list claims to contain before it reads the list, so every structure passes through here first.
 */
const mostValues = 1_000_000;
const mostDepth = 32;
/** A 64-bit number in groups of 7 bits. */
const VARINT_BYTES = 10;

const enum Type {
  Stop = 0,
  True = 1,
  False = 2,
  Byte = 3,
  I16 = 4,
  I32 = 5,
  I64 = 6,
  Double = 7,
  Binary = 8,
  List = 9,
  Struct = 12,
}

/** The numbers and structures of a structure, by field number; texts and lists are checked and left out. */
export type Fields = ReadonlyMap<number, number | boolean | Fields>;

/** The bytes end inside a structure. */
export class Incomplete extends Error {}

export interface Read {
  readonly fields: Fields;
  /** Where the next byte is. */
  readonly end: number;
}

/** Reads one structure. Throws `Incomplete`, or an Error for what is not Thrift or exceeds the limits. */
export function readThrift(bytes: Uint8Array): Read {
  const reader = new Reader(bytes);
  const fields = reader.struct(0);
  return { fields, end: reader.offset };
}

class Reader {
  offset = 0;
  private values = 0;

  constructor(private readonly bytes: Uint8Array) {}

  struct(depth: number): Fields {
    const fields = new Map<number, number | boolean | Fields>();
    let id = 0;
    for (;;) {
      const head = this.byte();
      const type = head & 0x0f;
      if (type === Type.Stop) return fields;
      const delta = head >> 4;
      id = delta === 0 ? this.zigzag() : id + delta;
      const value = this.value(type, depth);
      if (value !== undefined) fields.set(id, value);
    }
  }

  private value(type: number, depth: number): number | boolean | Fields | undefined {
    if (++this.values > mostValues) throw new Error(`has more than ${mostValues.toLocaleString('en-US')} values`);
    switch (type) {
      case Type.True:
      case Type.False:
        return type === Type.True;
      case Type.Byte:
        return this.byte();
      case Type.I16:
      case Type.I32:
      case Type.I64:
        return this.zigzag();
      case Type.Double:
        return this.skip(8);
      case Type.Binary:
        return this.skip(this.varint());
      case Type.List:
        return this.list(deeper(depth));
      case Type.Struct:
        return this.struct(deeper(depth));
      default:
        throw new Error(`has a value of the unknown type ${type}`);
    }
  }

  private list(depth: number): undefined {
    const head = this.byte();
    const type = head & 0x0f;
    const short = head >> 4;
    const size = short === 15 ? this.varint() : short;
    if (size > this.bytes.length - this.offset) throw new Incomplete('a list is longer than the file');
    for (let i = 0; i < size; i++) this.value(type === Type.True || type === Type.False ? Type.Byte : type, depth);
  }

  private skip(length: number): undefined {
    if (length > this.bytes.length - this.offset) throw new Incomplete('a value is longer than the file');
    this.offset += length;
  }

  private zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  private varint(): number {
    let value = 0;
    for (let i = 0; i < VARINT_BYTES; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * i);
      if ((byte & 0x80) === 0) return value;
    }
    throw new Error('has a number of more than 64 bits');
  }

  private byte(): number {
    if (this.offset >= this.bytes.length) throw new Incomplete('a structure is cut off');
    return this.bytes[this.offset++];
  }
}

function deeper(depth: number): number {
  if (depth === mostDepth) throw new Error(`is nested more than ${mostDepth} levels`);
  return depth + 1;
}
