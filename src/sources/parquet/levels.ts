/**
 * Runs of small numbers (the "RLE / bit-packing hybrid" of the Parquet format): levels and places in a dictionary. Its own
 * reader, because hyparquet's writes as many values as a run claims, also past the end of its array.
 */

/** Reads `count` numbers of `width` bits. Throws if the bytes do not contain them. */
export function readRuns(bytes: Uint8Array, width: number, count: number): Uint32Array {
  if (width > 32) throw new Error(`numbers have ${width} bits`);
  const output = new Uint32Array(count);
  const reader = { bytes, offset: 0 };
  let seen = 0;
  while (seen < count) {
    const header = varint(reader);
    seen =
      (header & 1) === 1
        ? packed(reader, header >>> 1, width, output, seen)
        : run(reader, header >>> 1, width, output, seen);
  }
  return output;
}

interface Reader {
  readonly bytes: Uint8Array;
  offset: number;
}

function run(reader: Reader, length: number, width: number, output: Uint32Array, seen: number): number {
  let value = 0;
  for (let i = 0; i < Math.ceil(width / 8); i++) value += byte(reader) * 2 ** (8 * i);
  const end = Math.min(output.length, seen + length);
  output.fill(value, seen, end);
  return end;
}

/** Groups of eight; the last one is padded. */
function packed(reader: Reader, groups: number, width: number, output: Uint32Array, seen: number): number {
  const end = Math.min(output.length, seen + groups * 8);
  let bits = 0;
  let held = 0;
  const { offset } = reader;
  for (; seen < end; seen++) {
    while (held < width) {
      bits += byte(reader) * 2 ** held;
      held += 8;
    }
    const rest = Math.floor(bits / 2 ** width);
    output[seen] = bits - rest * 2 ** width;
    bits = rest;
    held -= width;
  }
  reader.offset = offset + groups * width;
  return end;
}

function varint(reader: Reader): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const next = byte(reader);
    value += (next & 0x7f) * 2 ** shift;
    if ((next & 0x80) === 0) return value;
  }
  throw new Error('a run is longer than 32 bits');
}

function byte(reader: Reader): number {
  if (reader.offset >= reader.bytes.length) throw new Error('a run of values is cut off');
  return reader.bytes[reader.offset++];
}
