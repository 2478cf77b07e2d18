/** What the readers of image formats share: what they return, how they refuse, how they look at bytes. */

export interface Dimensions {
  readonly width: number;
  readonly height: number;
}

/** Why a file is refused, worded to follow its name: `is cut short: ...`. */
export interface Refusal {
  readonly reason: string;
}

export type Reading = WholeReading | Refusal;

/** `unended`: the end marker is missing, and only decoding can show whether anything else is. */
interface WholeReading extends Dimensions {
  readonly unended?: true;
}

export function cutShort(where: string): Refusal {
  return { reason: `is cut short: ${where}` };
}

export function damaged(where: string): Refusal {
  return { reason: `is damaged: ${where}` };
}

/** The bytes as numbers of more than one byte; it reads the array in place, without a copy. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bytes as Latin-1 text, for signatures and chunk names; shorter if the file ends. */
export function latin1(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length));
}
