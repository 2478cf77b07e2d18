/** Where the probe images are, in the folder of the model. */
export const PROBES_FOLDER = 'probes/';
