/** The table that is written beside the images of a Parquet file, in the form that the hub uses itself. */

export const METADATA = 'metadata.jsonl';
/** Its column with the names of the images. */
export const FILE_NAME = 'file_name';
