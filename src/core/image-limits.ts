/**
 * What is read into memory for one image stays bounded: the file, and its pixels before they are reduced. `pixels` is
 * the usual limit, which `max_megapixels` of ingest replaces, up to `mostPixels`; from `largePixels` on, a thread
 * decodes one image at a time.
 */
export const imageLimits = { bytes: 128 * 2 ** 20, pixels: 256e6, mostPixels: 1000e6, largePixels: 64e6 } as const;
