/** Version of how a base becomes one on 8-bit integers: raised whenever the same base and images give another one. */
export const INT8_IMPL = 2;

/** The most training images that ranges come from. */
export const CALIBRATION_IMAGES = 256;
