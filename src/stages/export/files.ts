/** Where the probe pictures lie, in the folder of the model. */
export const PROBES_FOLDER = 'probes/';
