/** Images and their views side by side, as a stage draws them for people. */
export interface SheetRequest {
  /** How many images, in turn from each class. */
  readonly images: number;
  /** How many views of each, at most. */
  readonly views: number;
}

export interface ContactSheet {
  readonly png: Uint8Array;
  /** The image of each row. */
  readonly rows: readonly { readonly class: string; readonly file: string }[];
  /** Views in each row, after the image as it is. */
  readonly views: number;
}
