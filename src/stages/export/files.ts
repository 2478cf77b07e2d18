/** Names of the outputs that are the export's files: `file:model.json`. */
export const FILE_PREFIX = 'file:';

/** Where the probe pictures lie, in the folder of the model. */
export const PROBES_FOLDER = 'probes/';
