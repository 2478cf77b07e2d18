/** Where the bytes of images are, as plain data: it is handed to other threads and processes. */
import { join } from 'node:path';

/** A bucket, or a part of one, as a pipeline file names it. */
export interface BucketPlace {
  /** `s3://bucket/prefix` */
  readonly address: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly addressing?: 'path' | 'virtual-host';
}

export type ImagePlace =
  /** `path` is absolute. */
  { readonly kind: 'folder'; readonly path: string } | { readonly kind: 'bucket'; readonly bucket: BucketPlace };

/** One image. */
export interface ImageAddress {
  readonly place: ImagePlace;
  /** Relative to the place, with `/`. */
  readonly name: string;
}

/** The address as people know it. */
export function shownAddress({ place, name }: ImageAddress): string {
  return place.kind === 'folder' ? join(place.path, name) : `${place.bucket.address}/${name}`;
}
