/** Reads a JPEG's size and finds out whether it is whole, from its markers (ITU-T T.81, annex B), without decoding. */
import { cutShort, damaged, viewOf, type Dimensions, type Reading } from './reading.js';

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const TEM = 0x01;

/** Frame headers SOF0 to SOF15, without the three codes among them that mean something else (DHT, JPG, DAC). */
function isFrameHeader(code: number): boolean {
  return code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc;
}

/** RST0 to RST7, SOI and TEM stand alone: no length follows. */
function standsAlone(code: number): boolean {
  return (code >= 0xd0 && code <= SOI) || code === TEM;
}

/**
 * Index of the next marker's code byte, or -1. Bytes between segments are skipped as libjpeg skips them; image data
 * is skipped likewise, because each 0xff in it is followed by 0x00.
 */
function nextMarker(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at !== -1 && at + 1 < bytes.length) {
    const code = bytes[at + 1];
    if (code !== 0x00 && code !== 0xff) return at + 1;
    at = code === 0xff ? at + 1 : bytes.indexOf(0xff, at + 2);
  }
  return -1;
}

/**
 * Walks every segment up to the end marker of the image itself. A thumbnail's markers lie inside the length of an
 * APP segment and are passed over; what follows the end marker is ignored. If the marker is missing, the image
 * data may still be complete, as Pillow and browsers find: only decoding shows it.
 */
export function readJpeg(bytes: Uint8Array): Reading {
  const view = viewOf(bytes);
  let size: Dimensions | undefined;
  let inImageData = false;
  let at = 2;
  for (;;) {
    const marker = nextMarker(bytes, at);
    if (marker === -1)
      return size !== undefined && inImageData ? { ...size, unended: true } : cutShort('it ends before its image data');
    const code = bytes[marker];
    at = marker + 1;
    if (code === EOI) return size !== undefined && inImageData ? size : damaged('it contains no image data');
    if (standsAlone(code)) continue;

    const length = at + 2 <= bytes.length ? view.getUint16(at) : Infinity;
    if (at + length > bytes.length) return cutShort('it ends inside a segment');
    if (length < 2) return damaged(`segment ${code.toString(16)} has an impossible length`);
    if (isFrameHeader(code) && size === undefined) {
      if (length < 8) return damaged('its frame header is too short');
      size = { height: view.getUint16(at + 3), width: view.getUint16(at + 5) };
    }
    if (code === SOS) {
      if (size === undefined) return damaged('its image data comes before its size');
      inImageData = true;
    }
    at += length;
  }
}

/** What the frame header declares: 4 channels are CMYK. Undefined if there is none before the image data. */
export function jpegFrame(bytes: Uint8Array): (Dimensions & { readonly channels: number }) | undefined {
  const view = viewOf(bytes);
  for (let marker = nextMarker(bytes, 2); marker !== -1 && bytes[marker] !== SOS;) {
    const at = marker + 1;
    if (isFrameHeader(bytes[marker])) {
      if (at + 8 > bytes.length) return undefined;
      return { height: view.getUint16(at + 3), width: view.getUint16(at + 5), channels: bytes[at + 7] };
    }
    const length = standsAlone(bytes[marker]) || at + 2 > bytes.length ? 0 : view.getUint16(at);
    marker = nextMarker(bytes, at + length);
  }
  return undefined;
}
