/** Names of the outputs that are the export's files: `file:model.json`. */
export const FILE_PREFIX = 'file:';
