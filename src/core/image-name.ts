/** Whether a file is an image, as far as its name and its first bytes show. */

/** Whether a file is meant to be an image, by its name: among images, other files are left out. */
export function hasImageName(path: string): boolean {
  return /\.(jpe?g|jpe|jfif|png|webp|gif|bmp|dib|tiff?|hei[cf]|avif|jxl|jp2)$/i.test(path);
}

/** As many bytes as {@link beginsLikeImage} looks at. */
export const IMAGE_BEGINNING = 12;

/** Whether bytes begin as images do, of any name: JPEG, PNG, WebP, GIF, BMP, TIFF and AVIF. */
export function beginsLikeImage(bytes: Uint8Array): boolean {
  const start = String.fromCharCode(...bytes.subarray(0, IMAGE_BEGINNING));
  return /^(\xff\xd8\xff|\x89PNG\r\n|RIFF[^]{4}WEBP|GIF8[79]a|BM[^]{4}\0\0\0\0|II[*+]\0|MM\0[*+]|[^]{4}ftypavi[fs])/.test(
    start,
  );
}
