/** Whether a file is meant to be an image, by its name: among images, other files are left out. */
export function hasImageName(path: string): boolean {
  return /\.(jpe?g|jpe|jfif|png|webp|gif|bmp|dib|tiff?|hei[cf]|avif|jxl|jp2)$/i.test(path);
}
