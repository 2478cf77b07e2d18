/** LZ4 blocks. A block that ends early, or copies from outside its output, is refused; no step writes beyond the output. */

const SHORTEST_MATCH = 4;

/** Fills `output` exactly. Throws for a block that is damaged or of another size. */
export function decompressLz4Block(input: Uint8Array, output: Uint8Array): Uint8Array {
  let [read, written] = [0, 0];
  const next = (): number => {
    if (read >= input.length) throw new Error('an LZ4 block ends early');
    return input[read++];
  };
  /** What follows four bits that are all set: bytes that are added up to the first that is not 255. */
  const lengthOf = (bits: number): number => {
    let length = bits;
    if (bits === 15) {
      let byte: number;
      do length += byte = next();
      while (byte === 255);
    }
    return length;
  };
  const requireSpace = (length: number): void => {
    if (length > output.length - written) throw new Error('an LZ4 block is larger than it declares');
  };
  // The last sequence has literals alone.
  for (;;) {
    const token = next();
    const literals = lengthOf(token >> 4);
    requireSpace(literals);
    if (literals > input.length - read) throw new Error('an LZ4 block ends early');
    output.set(input.subarray(read, read + literals), written);
    read += literals;
    written += literals;
    if (read === input.length) break;
    const distance = next() | (next() << 8);
    if (distance === 0 || distance > written) throw new Error('an LZ4 block copies from outside its output');
    const match = lengthOf(token & 15) + SHORTEST_MATCH;
    requireSpace(match);
    // Byte by byte: a match may overlap what it writes, which repeats it.
    for (const end = written + match; written < end; written++) output[written] = output[written - distance];
  }
  if (written !== output.length) throw new Error('an LZ4 block is smaller than it declares');
  return output;
}
