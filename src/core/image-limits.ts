/**
 * What is read into memory for one image stays bounded: the file, and its pixels before they are reduced. `pixels` is
 * the usual limit, which `max_megapixels` of ingest replaces, up to `mostPixels`. No side is longer than `side`: filters
 * need memory and time for each pixel of a side. From `largePixels` on, a thread decodes one image at a time, and of
 * smaller ones eight.
 */
export const imageLimits = {
  bytes: 128 * 2 ** 20,
  pixels: 256e6,
  mostPixels: 1000e6,
  side: 2 ** 20,
  largePixels: 4e6,
} as const;
